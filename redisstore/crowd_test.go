package redisstore_test

import (
	"fmt"
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
			if want := i + 2; told.Candidates != want { // with the leader
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
