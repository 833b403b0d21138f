package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// quarantined expects a bid to be refused for between least and most.
func (c *candidate) quarantined(when string, least, most time.Duration) {
	c.Helper()
	a := c.refused(when)
	if a.Verdict != leaderelection.Quarantined {
		c.Fatalf("%s: %v, want quarantined", when, a.Verdict)
	}
	if a.Remaining < least || a.Remaining > most {
		c.Errorf("%s: quarantined for %v, want %v to %v", when, a.Remaining, least, most)
	}
}

const slack = 15 * time.Second // that a busy machine may take for a few commands

func TestF24QuarantineLastsAsLongAsTheLongestLeaseKnown(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.Run("the candidate's own", func(sub *testing.T) {
			t := t.on(sub, "own")
			t.candidate("candidate", long).thatHasSeen(1, short).quarantined("at first", long-slack, long)
		})
		t.Run("the one it has seen", func(sub *testing.T) {
			t := t.on(sub, "seen")
			t.candidate("candidate", short).thatHasSeen(1, long).quarantined("at first", long-slack, long)
		})
		t.Run("the record's", func(sub *testing.T) {
			t := t.on(sub, "record")
			t.settled().candidate("leader", long).win()
			t.do("DEL", "record", "{record}:lease")
			t.do("HSET", "{record}:term", "claim", "", "run", "another")
			t.candidate("candidate", short).quarantined("by another server's record", long-slack, long)
		})
	})
}

func TestF24LongerLeaseThatIsHeardOfExtendsAQuarantine(t *testing.T) {
	each(t, func(t *trial) {
		first := t.candidate("first", slack).thatHasSeen(7, slack)
		first.quarantined("at first", 0, slack)
		t.candidate("second", short).thatHasSeen(7, long).quarantined("having seen a longer lease", long-slack, long)
		first.quarantined("by then", long-slack, long)
		t.candidate("third", 2*long).quarantined("with a longer lease of its own", 2*long-slack, 2*long)
		t.candidate("third", 2*long).quarantined("again", 2*long-slack, 2*long)
	})
}

// An operator's deletion of the record leaves the lease without its TTL. A rival
// with shorter leases must not cut it to its own.
func TestF24RivalWithShorterLeasesCutsNoLongerOne(t *testing.T) {
	for _, lost := range []string{"{jobs}:term", "{jobs}:term jobs", "{jobs}:lease", "jobs", "{jobs}:lease jobs"} {
		t.Run(lost, func(t *testing.T) {
			each(t, func(t *trial) {
				t.beOld() // so that no quarantine hides what becomes of the lease
				leader := t.settled().candidate("leader", long).win()
				t.admin.Del(t.Context(), strings.Fields(lost)...)
				rival := t.candidate("rival", short)
				for range 2 {
					if a := rival.refused("after the deletion"); a.Remaining < long-slack {
						t.Errorf("the rival need only wait for %v", a.Remaining)
					}
					rival.read()
				}
				rival.leaseOf("late", answer{}).release()
				if a := rival.refused("after its late release"); a.Remaining < long-slack {
					t.Errorf("after its late release the rival need only wait for %v", a.Remaining)
				}
				seer := t.candidate("seer", short).thatHasSeen(leader.tenure.Term, short)
				if a := seer.refused("after the deletion"); a.Remaining < long-slack {
					t.Errorf("who has seen the term need only wait for %v", a.Remaining)
				}
				leader.renew("after the deletion")
				leader.stands("after the renewal")
			})
		})
	}
}

func TestF40AttemptsDoNotProlongAQuarantine(t *testing.T) {
	each(t, func(t *trial) {
		// Given candidates that have seen terms that the server has not,
		first := t.candidate("first", short).thatHasSeen(40, short)
		second := t.candidate("second", short).thatHasSeen(41, short)
		first.refused("at first")
		last := second.refused("having seen a higher term")
		due := last.received.Add(last.Remaining + grain)

		// when they go on asking, then the wait only gets shorter,
		for asker := first; ; first, second, asker = second, first, second {
			a := asker.acquire(newClaim())
			if a.Verdict == leaderelection.Granted {
				// until one of them leads.
				if a.Term <= 41 {
					t.Errorf("term %d follows term 41", a.Term)
				}
				return
			}
			if a.Verdict != leaderelection.Quarantined || a.Remaining > last.Remaining {
				t.Fatalf("%v, %v remaining after %v", a.Verdict, a.Remaining, last.Remaining)
			}
			if a.sent.After(due) {
				t.Fatalf("quarantined for %v when the time that was told first is over", a.Remaining)
			}
			last = a
			time.Sleep(time.Millisecond)
		}
	})
}

func TestFirstElectionOnAHealthyServerDoesNotWait(t *testing.T) {
	each(t, func(t *trial) {
		t.server.AwaitUptime(2 * time.Second)
		if a := t.candidate("first", short).acquire(newClaim()); a.Verdict != leaderelection.Granted {
			t.Errorf("answered %v, %v remaining", a.Verdict, a.Remaining)
		}
	})
}

func TestFirstElectionOnAYoungServerWaits(t *testing.T) {
	each(t, func(t *trial) {
		t.candidate("first", long).quarantined("on a server that has just started", long-slack, long)
	})
}

// A replica that was promoted may have missed the last writes (F13).
func TestF13FirstElectionOnAPromotedServerWaits(t *testing.T) {
	t.Run("miniredis", func(t *testing.T) {
		server := redistest.StartMini(t)
		t2 := newTrial(t, server)
		server.Server().FailOver(nil)
		server.AwaitUptime(time.Hour)
		t2.candidate("first", long).quarantined("on a promoted server", long-slack, long)
	})
	t.Run("redis", func(t *testing.T) {
		onRedis(t, func(t *trial) {
			promote(t)
			t.server.AwaitUptime(2 * time.Second)
			t.candidate("first", short).refused("on a promoted server")
		})
	})
}

// promote makes the server a replica of another one, and a primary again.
func promote(t *trial) {
	t.Helper()
	host, port := split(redistest.Start(t.T, redistest.WithConfig("repl-diskless-sync-delay", "0")).Addr())
	t.do("REPLICAOF", host, port)
	eventually(t, "replication", func() bool { return t.infoHas("replication", "master_link_status:up") })
	t.do("REPLICAOF", "NO", "ONE")
}

func TestInfoRefusedFallsBackToWhatCandidatesHaveSeen(t *testing.T) {
	each(t, func(t *trial) {
		t.server.RefuseInfo()

		// Given no INFO, a first election does not wait, but is warned,
		first := t.candidate("first", long).win()
		if first.confirmed.Warning == "" || first.confirmed.TTL != long {
			t.Errorf("granted with warning %q", first.confirmed.Warning)
		}
		renewed := first.renew("without INFO")
		if renewed.Warning != first.confirmed.Warning {
			t.Errorf("renewed with warning %q", renewed.Warning)
		}

		// and a loss is noticed by those who have seen the term.
		t.do("FLUSHALL")
		t.candidate("follower", long).thatHasSeen(first.tenure.Term, long).quarantined("after FLUSHALL", long-slack, long)
		t.candidate("stranger", long).quarantined("after that", long-slack, long)
		first.renew("after FLUSHALL")
	})
}

func TestElectionWarnsOnceThatInfoIsRefused(t *testing.T) {
	each(t, func(t *trial) {
		t.server.RefuseInfo()
		leader := t.start("leader", long).leads()
		leader.awaits(3, leaderelection.Renewed)
		if n := len(leader.all(leaderelection.Warned)); n != 1 {
			t.Errorf("warned %d times", n)
		}
	})
}

// A server that could not be asked who it was is not another one when it can be.
func TestInfoAllowedAgainStartsOneQuarantine(t *testing.T) {
	each(t, func(t *trial) {
		t.server.RefuseInfo()
		leader := t.candidate("leader", long).win()
		t.server.RestartKeepingData()
		leader.renew("after a restart with INFO")
		leader.stands("after a restart with INFO")
	})
}
