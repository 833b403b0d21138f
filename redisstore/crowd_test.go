package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

// Of many candidates a release wakes a few, the ones that were heard from last; each is
// told how many there are, so that the others take turns (F22).
func TestF22AReleaseWakesAFew(t *testing.T) {
	each(t, func(t *trial) {
		const crowd, few = 40, 5
		leader := t.settled().candidate("leader", long).win()
		watching := make([]<-chan leaderelection.Hint, crowd)
		for i := range watching {
			watching[i] = t.store.Watch(t.Context(), t.key, fmt.Sprint("follower-", i))
			t.hinted("the subscription", watching[i], leaderelection.HintMissed)
		}
		for i := range watching {
			told := t.candidate(fmt.Sprint("follower-", i), long).refused("while somebody leads")
			if want := i + 1; told.Candidates != want {
				t.Errorf("after %d bids there are %d candidates, want %d", i+1, told.Candidates, want)
			}
			time.Sleep(2 * time.Millisecond) // they are told apart by when they were heard from
		}

		leader.release()
		for _, hints := range watching[crowd-few:] {
			t.hinted("the release", hints, leaderelection.HintVacant)
		}
		more := quiet(watching[0])
		for _, hints := range watching[1:] {
			more += len(hints)
		}
		if more > 0 {
			t.Errorf("%d more are woken than %d", more, few)
		}
	})
}

// Who has stopped since it was heard from does not count as woken, nor does a process
// that shares the InstanceID of the one that releases (F22, F23).
func TestF22AReleaseWakesTheLiving(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		living := make(map[string]<-chan leaderelection.Hint)
		for _, id := range []string{"follower-0", "leader"} {
			living[id] = t.store.Watch(t.Context(), t.key, id)
			t.hinted("the subscription", living[id], leaderelection.HintMissed)
		}
		for i := range 40 { // of whom all but the first have died
			dead := t.candidate(fmt.Sprint("follower-", i), long)
			dead.who.Retry = time.Duration(1+i) * short
			dead.refused("while somebody leads")
		}
		t.candidate("leader", long).refused("while its namesake leads")

		leader.release()
		for id, hints := range living {
			t.hinted("the release, to "+id, hints, leaderelection.HintVacant)
		}
	})
}

// Where the list of candidates can't be used, a release wakes nobody: that is told before
// it costs anything.
func TestF18WithoutTheListOfCandidatesThereIsAWarning(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		for command, of := range map[string]string{"zcard": "follower", "zrevrangebyscore": "leader"} {
			t.elector.PermitUser(minimalUser, "-"+command)
			leader := t.candidate("leader", long).win()
			warning := leader.confirmed.Warning
			if of == "follower" {
				warning = t.candidate("follower", long).refused("while somebody leads").Warning
			}
			if !strings.Contains(strings.ToLower(warning), command) {
				t.Errorf("without %s, the %s is warned of %q", command, of, warning)
			}
			leader.release()
			t.elector.PermitUser(minimalUser, "+"+command)
		}
	})
}
