package redisstore_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// losses are the ways in which an election's data vanish, in whole or in part.
var losses = []struct {
	name string
	lose func(*trial)
}{
	{"F11 restart without data", func(t *trial) { t.server.RestartEmpty() }},
	{"F15 FLUSHALL", func(t *trial) { t.do("FLUSHALL") }},
	{"F15 FLUSHDB", func(t *trial) { t.do("FLUSHDB") }},
	{"F15 SWAPDB", func(t *trial) { t.do("SWAPDB", 0, 1) }},
	{"F15 DEL of L", func(t *trial) { t.do("DEL", "jobs") }},
	{"F15 DEL of the lease", func(t *trial) { t.do("DEL", "{jobs}:lease") }},
	{"F15 DEL of the record", func(t *trial) { t.do("DEL", "{jobs}:term") }},
	{"F15 DEL of the rest", func(t *trial) { t.do("DEL", "{jobs}:history", "{jobs}:candidates") }},
	{"F15 DEL of L and the lease", func(t *trial) { t.do("DEL", "jobs", "{jobs}:lease") }},
	{"F15 DEL of L and the record", func(t *trial) { t.do("DEL", "jobs", "{jobs}:term") }},
	{"F15 DEL of the lease and the record", func(t *trial) { t.do("DEL", "{jobs}:lease", "{jobs}:term") }},
	{"F19 SCRIPT FLUSH", func(t *trial) { t.do("SCRIPT", "FLUSH") }},
	{"restart with all data", func(t *trial) { t.server.RestartKeepingData() }},
}

func forEachLoss(t *testing.T, test func(t *trial, lose func(*trial))) {
	t.Parallel()
	for _, loss := range losses {
		t.Run(loss.name, func(t *testing.T) {
			each(t, func(t *trial) { test(t, loss.lose) })
		})
	}
}

func TestLeaderGoesOnThroughLoss(t *testing.T) {
	forEachLoss(t, func(t *trial, lose func(*trial)) {
		// Given a leader, one who has heard of it, and one who has not,
		if mini, ok := t.server.(*redistest.Mini); ok {
			mini.AwaitUptime(time.Hour)
		}
		leader := t.settled().candidate("leader", long).win()
		stranger := t.candidate("stranger", long)
		follower := t.candidate("follower", long).thatHasSeen(leader.tenure.Term, long)

		// when the data are lost,
		lose(t)

		// then nobody acquires, however often they try,
		for range 2 {
			for _, c := range []*candidate{stranger, follower} {
				if a := c.refused("after the loss"); a.Remaining < long/2 {
					t.Errorf("%s need only wait for %v, though the lease has nearly %v left", c.who.ID, a.Remaining, long)
				}
			}
		}
		// and the leader goes on in its term, as everybody then sees.
		leader.renew("after the loss")
		leader.stands("after the renewal")
		for key, want := range map[string]string{"jobs": "leader", "{jobs}:lease": leader.tenure.Claim + " 30000"} {
			if got := t.do("GET", key); got != want {
				t.Errorf("%s = %v, want %q", key, got, want)
			}
		}
		leader.renew("again")
	})
}

func TestRenewalComesFirstAfterLoss(t *testing.T) {
	forEachLoss(t, func(t *trial, lose func(*trial)) {
		leader := t.settled().candidate("leader", long).win()
		lose(t)
		renewed := leader.renew("after the loss")
		leader.stands("after the renewal")
		if renewed.Leader == nil || renewed.Leader.Term != leader.tenure.Term || renewed.Remaining != long {
			t.Errorf("the renewal says %+v, %v remaining", renewed.Leader, renewed.Remaining)
		}
	})
}

// The leader dies together with the data (F40): nobody acquires before its lease
// would have ended, and then somebody does.
func TestF40LeaderDiesWithTheData(t *testing.T) {
	forEachLoss(t, func(t *trial, lose func(*trial)) {
		for _, heard := range []bool{false, true} {
			t.beOld()
			leader := t.settled().candidate("leader", short).win()
			leader.renew("before the loss")
			lose(t)

			rival := t.candidate("rival", short)
			if heard {
				rival.thatHasSeen(leader.tenure.Term, short)
			}
			next := rival.win() // which also expects no attempt to prolong the wait
			next.succeeds(leader)
			leader.lost("in the next term")
			next.release()
		}
	})
}

func TestF11ElectionLeadsThroughARestartWithoutData(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		leader := t.start("leader", long/3).leads()
		term := leader.Term()
		follower := t.start("follower", long/3).follows()

		t.server.RestartEmpty()
		leader.goesOn(term, "after the restart")
		if follower.IsLeader() {
			t.Error("both lead")
		}
		t.server.RestartEmpty()
		leader.goesOn(term, "after another restart")
		if n := len(follower.all(leaderelection.Elected)); n != 0 {
			t.Errorf("the follower was elected %d times", n)
		}
	})
}

func TestF12RestartFromAnOldSnapshot(t *testing.T) {
	for _, state := range []string{"of a vacancy", "of an earlier term", "of a first use"} {
		t.Run(state, func(t *testing.T) {
			each(t, func(t *trial) {
				// Given a snapshot, and terms that came after it,
				if state == "of a first use" {
					t.server.SaveSnapshot()
				}
				t.settled()
				earlier := t.candidate("earlier", long).win()
				if state == "of an earlier term" {
					t.server.SaveSnapshot()
				}
				earlier.release()
				if state == "of a vacancy" {
					t.server.SaveSnapshot()
				}
				leader := t.candidate("leader", long).win()

				// when the server restarts from it,
				t.server.RestartFromSnapshot()

				// then nobody acquires, the leader goes on,
				t.candidate("stranger", long).refused("after the restart")
				t.candidate("follower", long).thatHasSeen(leader.tenure.Term, long).refused("after the restart")
				leader.renew("after the restart")
				leader.stands("after the renewal")
				// and the earlier leader, whom the snapshot may know, is nobody.
				earlier.lost("after the renewal")
				earlier.release()
				leader.stands("after the earlier leader's release")
				leader.renew("after the earlier leader's release")
			})
		})
	}
}

func TestF12OldSnapshotAndTheLeaderDies(t *testing.T) {
	for _, heard := range []bool{false, true} {
		t.Run(fmt.Sprintf("heard of it %t", heard), func(t *testing.T) {
			each(t, func(t *trial) {
				earlier := t.settled().candidate("earlier", short).win()
				t.server.SaveSnapshot()
				earlier.release()
				leader := t.candidate("leader", short).win()
				t.server.RestartFromSnapshot()

				rival := t.candidate("rival", short)
				if heard {
					rival.thatHasSeen(leader.tenure.Term, short)
				}
				rival.refused("after the restart")
				next := rival.win()
				next.succeeds(leader)
				leader.lost("in the next term")
				leader.release()
				next.renew("after the old leader's release")
			})
		})
	}
}

// Before the leader's next heartbeat, a delayed renewal of the old holder that the
// snapshot knows may get through. The higher term still wins.
func TestF12HigherTermWinsOverARevivedOne(t *testing.T) {
	each(t, func(t *trial) {
		earlier := t.settled().candidate("earlier", long).win()
		t.server.SaveSnapshot()
		earlier.release()
		leader := t.candidate("leader", long).win()
		t.server.RestartFromSnapshot()

		if _, err := earlier.tryRenew(); err != nil {
			t.Fatal(err)
		}
		leader.renew("after the delayed renewal")
		leader.stands("after the delayed renewal")
		earlier.lost("after the leader's renewal")
	})
}
