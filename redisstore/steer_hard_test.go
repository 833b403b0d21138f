package redisstore_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"example.com/leaderelection"
)

// listens has a candidate be one that can be woken.
func (c *candidate) listens() (<-chan leaderelection.Hint, context.CancelFunc) {
	c.Helper()
	ctx, stop := context.WithCancel(c.Context())
	hints := c.store.Watch(ctx, c.key, c.who.ID)
	c.hinted("the subscription", hints, leaderelection.HintMissed)
	return hints, stop
}

func (t *trial) ranked(id string, ttl time.Duration, priority int) *candidate {
	c := t.candidate(id, ttl)
	c.who.Priority = priority
	return c
}

// Who has not been heard of for an hour is taken off the list whatever its priority: it
// would hide the living from a release, and count for the crowd.
func TestF22DeadOfOtherPrioritiesHideNobody(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		leader := t.candidate("leader", long).win()
		old := time.Now().Add(-time.Hour).UnixMilli()
		for i := range 250 {
			t.do("ZADD", "{jobs}:candidates", strconv.FormatInt(int64(i%4+1)<<42+old, 10), fmt.Sprint("dead-", i))
		}
		other := t.candidate("other", long)
		hints, stop := other.listens()
		defer stop()
		if told := other.refused("while another leads").Candidates; told > 3 {
			t.Errorf("of two candidates and 250 that are gone, a bid is told of %d", told)
		}
		leader.release()
		t.hinted("the release", hints, leaderelection.HintVacant)
	})
}

// Those who are preferred may all hang: others are woken too.
func TestReleaseWakesMoreThanThoseWhoArePreferred(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		leader := t.candidate("leader", long).win()
		for i := range 5 {
			hung := t.ranked(fmt.Sprint("hung-", i), long, 5)
			_, stop := hung.listens()
			defer stop()
			hung.refused("while another leads")
		}
		living := t.candidate("living", long)
		hints, stop := living.listens()
		defer stop()
		living.refused("while another leads")
		leader.release()
		t.hinted("the release", hints, leaderelection.HintVacant)
	})
}

// A preferred candidate may have the name of the leader that crashed: it is its next
// process, as in a StatefulSet.
func TestPreferredCandidateThatHasRestarted(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		worker := t.ranked("worker-0", medium, 5)
		worker.who.Retry = long // present for as long as the test takes
		lease := worker.win()
		_, stop := worker.listens()
		defer stop()
		worker.refused("after the restart")
		lease.end()
		if a := t.candidate("other", long).acquire("a claim"); a.Verdict != leaderelection.Reserved {
			t.Errorf("a bid of lower priority was answered %v, want reserved", a.Verdict)
		}
	})
}

func TestPauseAfterACrashOutlastsTheRecordsWeek(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		crashed := t.candidate("crashed", short).win()
		crashed.end()
		if _, err := t.operator().Pause(t.Context(), 0, false); err != nil {
			t.Fatal(err)
		}
		t.pauseIsKept()
		crashed.lost("after its lease has ended in a pause")
		if found, err := t.store.Inspect(t.Context(), t.key, 1); err != nil || found.Terms[0].Reason != "expired" {
			t.Errorf("the history: %+v, %v", found.Terms, err)
		}
	})
}

// A pause is no record of anybody's lease: the first election after it waits for none, on
// a server that has forgotten nothing.
func TestPauseBeforeTheFirstElectionCostsNoQuarantine(t *testing.T) {
	each(t, func(t *trial) {
		t.beOld()
		if _, err := t.operator().Pause(t.Context(), 50*time.Millisecond, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50*time.Millisecond + grain)
		if a := t.candidate("first", short).acquire("a claim"); a.Verdict != leaderelection.Granted {
			t.Errorf("the first bid was answered %v, want granted", a.Verdict)
		}
	})
}

// F39: a pause that was begun while the clock was ahead lasts no longer than it was meant to.
func TestF39PauseOfAClockThatWentBack(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		ahead := time.Now().Add(24 * time.Hour)
		t.do("HSET", "{jobs}:term", "pause_since", ahead.UnixMicro(), "pause_until", ahead.Add(time.Second).UnixMicro(), "pause_by", "alice")
		other := t.candidate("other", long)
		paused := other.acquire("a claim")
		if paused.Verdict != leaderelection.Paused || paused.Remaining <= 0 || paused.Remaining > time.Second {
			t.Fatalf("a bid was answered %v, %v remaining, want paused for a second", paused.Verdict, paused.Remaining)
		}
		time.Sleep(paused.Remaining + grain)
		other.leaseOf("another", other.acquire("another")).stands("after the pause")
		if fields := t.admin.HExists(t.Context(), "{jobs}:term", "pause_since").Val(); fields {
			t.Error("a pause that is over is still noted, and a clock that goes back would revive it")
		}
	})
}

// F36: what is no priority is none, and makes no answer unreadable.
func TestF36GarbageUnderPriority(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		for _, garbage := range []string{"nan", "inf", "1e300", "-1e300", "0x10", "1.5", "99999", "", "--1"} {
			t.do("HSET", "{jobs}:term", "priority", garbage)
			if a := t.candidate("other", long).refused("with priority " + garbage); a.Priority != 0 {
				t.Errorf("%q was taken for a priority of %d", garbage, a.Priority)
			}
		}
		leader.renew("after garbage")
	})
}

// F15: a pause is told to the leader also where its record was deleted before.
func TestF15PauseWithoutTheRecord(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.do("DEL", "{jobs}:term")
		if _, err := t.operator().Pause(t.Context(), 0, false); err != nil {
			t.Fatal(err)
		}
		if asked := leader.renew("after the record was deleted").Asked; asked == nil || asked.By != "alice" {
			t.Errorf("the leader is asked for %v", asked)
		}
	})
}

// F15: a leader whose record was deleted is not its own successor.
func TestF15StepDownAwaitsALaterTerm(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		go func() {
			eventually(t, "the order", func() bool { return leader.renew("to hear of it").Asked != nil })
			_ = t.admin.Del(context.WithoutCancel(ctx), "{jobs}:term").Err()
		}()
		if s, err := t.operator().StepDown(ctx, ""); err == nil {
			t.Errorf("succeeded: %+v", s)
		}
	})
}

// What is noted first of an election lasts no longer than the rest of it.
func TestReservationMakesNoRecordForEver(t *testing.T) {
	each(t, func(t *trial) {
		t.beOld()
		preferred := t.ranked("preferred", short, 5)
		_, stop := preferred.listens()
		defer stop()
		t.do("ZADD", "{jobs}:candidates", strconv.FormatInt(5<<42+time.Now().Add(time.Hour).UnixMilli(), 10), "preferred")
		if a := t.candidate("other", short).acquire("a claim"); a.Verdict != leaderelection.Reserved {
			t.Fatalf("a bid was answered %v", a.Verdict)
		}
		if left := t.admin.PTTL(t.Context(), "{jobs}:term").Val(); left <= 0 {
			t.Errorf("the record's expiry is %v", left)
		}
	})
}

func TestRepeatedOrdersHideNoTerms(t *testing.T) {
	each(t, func(t *trial) {
		t.settled().candidate("leader", long).win()
		for range 60 {
			if _, err := t.store.Steer(t.Context(), t.key, leaderelection.Order{Kind: leaderelection.OrderStepDown, By: "cron"}); err != nil {
				t.Fatal(err)
			}
		}
		found, err := t.store.Inspect(t.Context(), t.key, 10)
		if err != nil || len(found.Terms) != 2 || len(found.Orders) != 1 {
			t.Errorf("%d terms and %d orders, %v; want 2 and 1", len(found.Terms), len(found.Orders), err)
		}
	})
}
