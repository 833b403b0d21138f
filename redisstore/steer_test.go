package redisstore_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"example.com/leaderelection"
)

func (t *trial) operator() leaderelection.Operator {
	return leaderelection.Operator{Store: t.store, Key: t.key, Name: "alice"}
}

// present waits until a candidate is one that can be named.
func (t *trial) present(id string) {
	t.Helper()
	eventually(t, id+" being present", func() bool {
		found, err := t.store.Inspect(t.Context(), t.key, 0)
		return err == nil && slices.ContainsFunc(found.Present, func(p leaderelection.Presence) bool { return p.ID == id })
	})
	eventually(t, "the subscription of "+id, func() bool {
		channel := "{" + t.key + "}:events:" + id
		return t.admin.PubSubNumSub(t.Context(), channel).Val()[channel] > 0
	})
}

// A hundred times in a hundred it is the named one that leads next, and never two do.
func TestStepDownToANamedCandidateHundredTimes(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		names := []string{"a", "b", "c"}
		all := make([]*running, len(names))
		for i, name := range names {
			all[i] = t.startPatiently(name, long/3)
		}
		var leading, most atomic.Int32
		for _, r := range all {
			r.OnBecomeLeader(func() { most.Store(max(most.Load(), leading.Add(1))) })
			r.OnLoseLeadership(func() { leading.Add(-1) })
		}
		eventually(t, "a leader", func() bool { return slices.ContainsFunc(all, func(r *running) bool { return r.IsLeader() }) })

		var gaps []time.Duration
		for i := range 100 {
			next := all[i%len(all)]
			if next.IsLeader() {
				continue // the first leader may be the first that is named
			}
			succession, err := t.operator().StepDown(t.Context(), next.GetInstanceID())
			if err != nil || succession.To.InstanceID != next.GetInstanceID() {
				t.Fatalf("time %d: %+v, %v, want %s to lead", i, succession, err, next.GetInstanceID())
			}
			if succession.Leaderless < 0 {
				t.Fatalf("time %d: not told for how long nobody led", i)
			}
			eventually(t, "the successor's knowing it", next.IsLeader)
			gaps = append(gaps, succession.Leaderless)
		}
		if len(gaps) < 99 || most.Load() != 1 {
			t.Errorf("%d times, up to %d led at once", len(gaps), most.Load())
		}
		slices.Sort(gaps)
		t.Logf("nobody led for p50 %v, p99 %v, at the most %v", gaps[len(gaps)/2], gaps[len(gaps)*99/100], gaps[len(gaps)-1])
	})
}

func TestStepDownGoesIntoTheHistory(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		first := t.startPatiently("first", long/3).leads()
		second := t.startPatiently("second", long/3)
		t.present("second")
		before := first.Term()
		succession, err := t.operator().StepDown(t.Context(), "second")
		if err != nil {
			t.Fatal(err)
		}
		second.leads()
		if _, err := t.operator().Pause(t.Context(), time.Hour, true); err != nil {
			t.Fatal(err)
		}
		if _, err := t.operator().Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := t.store.Inspect(t.Context(), t.key, 10)
		if err != nil {
			t.Fatal(err)
		}
		ended := found.Terms[1]
		if ended.Term != before || ended.Reason != "stepped down" || ended.By != "alice" || ended.Drained > succession.Leaderless {
			t.Errorf("the term that ended: %+v", ended)
		}
		for i := range found.Orders {
			found.Orders[i].At = time.Time{}
		}
		want := []leaderelection.OrderRecord{
			{Order: leaderelection.Order{Kind: leaderelection.OrderResume, By: "alice"}},
			{Order: leaderelection.Order{Kind: leaderelection.OrderPause, By: "alice", For: time.Hour}},
			{Order: leaderelection.Order{Kind: leaderelection.OrderStepDown, By: "alice", To: "second", Term: before}},
		}
		if !slices.Equal(found.Orders, want) {
			t.Errorf("orders: %+v\nwant    %+v", found.Orders, want)
		}
	})
}

// Who was named and has died since is not waited for: PUBLISH tells that nobody hears.
func TestVacancyIsNotReservedForWhoDoesNotHear(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		leader := t.candidate("leader", long).win()
		other := t.candidate("other", long)
		dead := t.candidate("dead", long)
		dead.who.Priority = 5
		dead.refused("while another leads")
		if _, err := t.store.Steer(t.Context(), t.key, leaderelection.Order{Kind: leaderelection.OrderStepDown, By: "alice", To: "dead"}); err != nil {
			t.Fatal(err)
		}
		leader.release()
		other.leaseOf("a claim", other.acquire("a claim")).stands("after the release")
	})
}

// A leader of high priority whose lease has expired is not waited for either, though it
// counts as present for a while.
func TestVacancyIsNotReservedForWhoseLeaseHasExpired(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		hints := t.store.Watch(ctx, t.key, "leader")
		t.hinted("the subscription", hints, leaderelection.HintMissed)
		crashed := t.candidate("leader", short)
		crashed.who.Priority = 5
		crashed.win().end()
		other := t.candidate("other", long)
		other.leaseOf("a claim", other.acquire("a claim")).stands("after the expiry")
	})
}

// An order that came with a rollback, or an old snapshot, concerns a term that has ended.
func TestOrderOfAnotherTermIsNotTold(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.do("HSET", "{jobs}:term", "order", leader.tenure.Term-1, "order_by", "alice", "order_to", "")
		if asked := leader.renew("with another term's order").Asked; asked != nil {
			t.Errorf("the leader is asked for %v", asked)
		}
	})
}

// F16: an election can be steered while Redis takes no more data.
func TestF16SteeringAtMaxmemory(t *testing.T) {
	onRedis(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.runOutOfMemory()
		for _, kind := range []leaderelection.OrderKind{leaderelection.OrderStepDown, leaderelection.OrderPause, leaderelection.OrderResume} {
			if state, err := t.store.Steer(t.Context(), t.key, leaderelection.Order{Kind: kind, By: "alice"}); err != nil || state.Verdict != leaderelection.Granted {
				t.Errorf("%v: %v, %v", kind, state.Verdict, err)
			}
		}
		if asked := leader.renew("at maxmemory").Asked; asked == nil || asked.By != "alice" {
			t.Errorf("the leader is asked for %+v", asked)
		}
	})
}

// F39: a reservation that a clock which went back has left behind keeps nobody out.
func TestF39ReservationOfAClockThatWentBack(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.do("HSET", "{jobs}:term", "heir", "nobody", "heir_until", time.Now().Add(time.Hour).UnixMicro())
		other := t.candidate("other", long)
		other.leaseOf("a claim", other.acquire("a claim")).stands("after a clock went back")
	})
}

// What people ask for is no record of who led: a server that lost that is found out all
// the same (F11).
func TestF11PauseOnAServerThatHasForgotten(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.do("FLUSHALL")
		if _, err := t.operator().Pause(t.Context(), 0, true); err != nil {
			t.Fatal(err)
		}
		if _, err := t.operator().Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		rival := t.candidate("rival", long).refused("after the server lost its memory")
		if rival.Verdict != leaderelection.Quarantined {
			t.Errorf("a rival's bid answered %v, want quarantined", rival.Verdict)
		}
		leader.renew("after the server lost its memory")
	})
}

// A pause is kept for as long as anybody wants to be elected: it is not forgotten as what
// nobody uses is, after a week.
func TestPauseOutlastsTheRecordsWeek(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		if _, err := t.operator().Pause(t.Context(), 0, false); err != nil {
			t.Fatal(err)
		}
		t.pauseIsKept()
	})
}

// pauseIsKept expects a bid in a pause to keep the record from running out.
func (t *trial) pauseIsKept() {
	t.Helper()
	t.do("PEXPIRE", "{jobs}:term", "100000")
	if paused := t.candidate("other", long).acquire("a claim"); paused.Verdict != leaderelection.Paused {
		t.Errorf("a bid was answered %v", paused.Verdict)
	}
	if left := t.admin.PTTL(t.Context(), "{jobs}:term").Val(); left < 6*24*time.Hour {
		t.Errorf("the pause is forgotten in %v", left)
	}
}
