package redisstore_test

import (
	"encoding/json"
	"testing"
	"time"

	"example.com/leaderelection"
)

// announced is what readers outside this library see.
func (t *trial) announced() (info leaderelection.LeaderInfo) {
	t.Helper()
	text, _ := t.do("GET", t.key+":info").(string)
	if text != "" && json.Unmarshal([]byte(text), &info) != nil {
		t.Errorf("announced is %q", text)
	}
	return info
}

func (l *lease) info() leaderelection.LeaderInfo {
	return leaderelection.LeaderInfo{
		InstanceID: l.who.ID, Hostname: l.who.Hostname, StartedAt: l.tenure.Since, LastHeartbeat: l.confirmed.Now, Term: l.tenure.Term,
	}
}

func (l *lease) announces() {
	l.Helper()
	if err := l.announce(l.info()); err != nil {
		l.Errorf("Announce of %s: %v", l.who.ID, err)
	}
}

func (l *lease) retracts() {
	l.Helper()
	if err := l.store.Retract(l.Context(), l.tenure); err != nil {
		l.Errorf("Retract of %s: %v", l.who.ID, err)
	}
}

func TestAnnouncedIsTheLeaderOfTheHighestTerm(t *testing.T) {
	each(t, func(t *trial) {
		old := t.settled().candidate("old", long).win()
		old.announces()
		if got := t.announced(); got.InstanceID != "old" || got.Term != old.tenure.Term || !got.StartedAt.Equal(old.tenure.Since) {
			t.Errorf("announced is %+v", got)
		}
		if left := t.admin.PTTL(t.Context(), "jobs:info").Val(); left <= 0 || left > long {
			t.Errorf("it lives for %v", left)
		}

		// Its leader takes it back,
		old.release()
		old.retracts()
		if n := t.do("EXISTS", "jobs:info"); n != int64(0) {
			t.Error("it is still there")
		}
		// a late announcement is overwritten by the next leader,
		old.announces()
		next := t.candidate("next", long).win()
		next.announces()
		// but does not overwrite it, nor does the old one take it back.
		old.announces()
		old.retracts()
		if got := t.announced(); got.InstanceID != "next" {
			t.Errorf("announced is %+v, want next", got)
		}
		// The same holds for terms that differ in the number of digits.
		giant := *next
		giant.tenure.Term = 1<<62 + 1
		giant.announces()
		next.announces()
		if got := t.announced(); got.Term != 1<<62+1 {
			t.Errorf("announced is term %d", got.Term)
		}
	})
}

func TestAnnouncedByAnElectionAndTakenBack(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().start("leader", patience/3).leads()
		eventually(t, "the announcement", func() bool { return t.announced().InstanceID == "leader" })
		first := t.announced()
		eventually(t, "another heartbeat", func() bool { return t.announced().LastHeartbeat.After(first.LastHeartbeat) })
		if got := t.announced(); !got.StartedAt.Equal(first.StartedAt) || got.Term != leader.Term() {
			t.Errorf("announced first %+v, then %+v", first, got)
		}
		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of it", func() bool { return t.announced().InstanceID == "" })
	})
}

// blur is what a busy machine may put between the two clock readings of a script
// of which the last heartbeat is computed.
const blur = 200 * time.Millisecond

// Times are the server's: readers compare them with its TIME.
func TestReadTellsTimesOfTheServer(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		serverTime := func() time.Time { return t.admin.Time(t.Context()).Val() }
		between := func(what string, got, from, to time.Time) {
			t.Helper()
			if got.Before(from.Add(-blur)) || got.After(to.Add(blur)) {
				t.Errorf("%s is %v, want %v to %v", what, got, from, to)
			}
		}
		before := serverTime()
		l := t.candidate("leader", long).win()
		granted := serverTime()
		time.Sleep(3 * blur)

		read := l.read()
		between("StartedAt", read.Leader.StartedAt, before, granted)
		between("LastHeartbeat", read.Leader.LastHeartbeat, before, granted)
		between("Now", read.Now, granted, serverTime())

		renewing := serverTime()
		l.renew("later")
		renewed := serverTime()
		read = l.read()
		between("StartedAt after a renewal", read.Leader.StartedAt, before, granted)
		between("LastHeartbeat after a renewal", read.Leader.LastHeartbeat, renewing, renewed)
		if read.Leader.Hostname != "host-of-leader" || read.Leader.Term != l.tenure.Term {
			t.Errorf("Read: %+v", read.Leader)
		}

		// A loss of memory does not change when the term began.
		t.do("FLUSHALL")
		l.renew("after FLUSHALL")
		between("StartedAt after FLUSHALL", l.read().Leader.StartedAt, before, granted)
	})
}
