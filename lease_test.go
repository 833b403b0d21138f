package leaderelection

import (
	"math"
	"testing"
	"time"

	"example.com/leaderelection/internal/machine"
)

// at is the instant that both clocks show as d.
func at(d time.Duration) instant { return clocksAt(d, d) }

func clocksAt(mono, wall time.Duration) instant {
	return instant{mono: int64(mono), wall: int64(wall)}
}

func TestALeaseIsValidWhileBothClocksAreBeforeItsDeadline(t *testing.T) {
	l := &lease{deadline: clocksAt(10*time.Second, 1010*time.Second)}
	tests := map[string]struct {
		now       instant
		valid     bool
		remaining time.Duration
	}{
		"long before":                 {clocksAt(0, 1000*time.Second), true, 10 * time.Second},
		"just before":                 {clocksAt(10*time.Second-1, 1010*time.Second-1), true, 1},
		"at it":                       {clocksAt(10*time.Second, 1010*time.Second), false, 0},
		"after it":                    {clocksAt(11*time.Second, 1011*time.Second), false, 0},
		"F02: suspended for a minute": {clocksAt(time.Second, 1061*time.Second), false, 0},
		"F02: suspended a little":     {clocksAt(time.Second, 1003*time.Second), true, 7 * time.Second},
		"F03: set back an hour":       {clocksAt(time.Second, -2600*time.Second), true, 9 * time.Second},
		"F03: set back, and expired":  {clocksAt(10*time.Second, -2600*time.Second), false, 0},
		"F03: set forward an hour":    {clocksAt(time.Second, 4601*time.Second), false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := l.validAt(test.now); got != test.valid {
				t.Errorf("valid: %v, want %v", got, test.valid)
			}
			if got := l.remaining(test.now); got != test.remaining {
				t.Errorf("remaining: %v, want %v", got, test.remaining)
			}
		})
	}
}

func TestF05TheDeadlineCountsFromTheSendingLessTheMargin(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, ttl: 10 * time.Second, margin: time.Second}
	sent := clocksAt(5*time.Second, 500*time.Second)

	if got, want := pace.deadline(sent), clocksAt(14*time.Second, 509*time.Second); got != want {
		t.Errorf("the deadline is %v, want %v", got, want)
	}
}

func TestInstantsAddAndSubtract(t *testing.T) {
	if got := at(time.Second).plus(time.Minute); got != at(61*time.Second) {
		t.Errorf("a second and a minute are %v", got)
	}
	// Elapsed time is monotonic: a wall clock that jumps must not change it.
	if got := clocksAt(5*time.Second, 9999*time.Second).since(clocksAt(2*time.Second, 0)); got != 3*time.Second {
		t.Errorf("from 2s to 5s it is %v", got)
	}
}

func TestAHeartbeatThatLeavesNoRoomForASecondOneIsShortened(t *testing.T) {
	tests := map[string]struct {
		ttl, heartbeat, margin time.Duration
		want                   time.Duration
		shortened              bool
	}{
		"the defaults":        {10 * time.Second, 3 * time.Second, time.Second, 3 * time.Second, false},
		"exactly two fit":     {10 * time.Second, 4500 * time.Millisecond, time.Second, 4500 * time.Millisecond, false},
		"fewer than two fit":  {10 * time.Second, 4501 * time.Millisecond, time.Second, 4500 * time.Millisecond, true},
		"hardly one fits":     {10 * time.Second, 9999 * time.Millisecond, time.Second, 4500 * time.Millisecond, true},
		"a large margin":      {10 * time.Second, 3 * time.Second, 4900 * time.Millisecond, 2550 * time.Millisecond, true},
		"the shortest leases": {MinLockTTL, 33 * time.Millisecond, 10 * time.Millisecond, 33 * time.Millisecond, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pace, shortened := newTiming(&Config{LockTTL: test.ttl, HeartbeatInterval: test.heartbeat}, test.margin)
			if pace.heartbeat != test.want || shortened != test.shortened {
				t.Errorf("%v, shortened %v; want %v, %v", pace.heartbeat, shortened, test.want, test.shortened)
			}
		})
	}
}

func TestARenewalHasUntilTheNextHeartbeatOrTheDeadline(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, heartbeat: 3 * time.Second}
	for left, want := range map[time.Duration]time.Duration{
		time.Minute:     3 * time.Second,
		3 * time.Second: 3 * time.Second,
		time.Second:     time.Second,
		0:               0,
	} {
		if got := pace.callTimeout(left); got != want {
			t.Errorf("with %v left of the lease: %v, want %v", left, got, want)
		}
	}
}

func TestAFollowerWaitsForTheLeasesEndButNotBeyondTheRetryInterval(t *testing.T) {
	const retry = 2 * time.Second
	pace := timing{random: machine.Real{}.Random, retry: retry}
	tests := map[string]struct{ remaining, least, most time.Duration }{
		"ended already":                 {0, time.Millisecond, 2 * time.Millisecond},
		"ends soon":                     {300 * time.Millisecond, 301 * time.Millisecond, 302 * time.Millisecond},
		"ends just within the interval": {retry - 2*time.Millisecond, retry - time.Millisecond, retry},
		"ends at the interval":          {retry, retry, retry},
		"ends long after":               {time.Hour, retry, retry},
		"never ends":                    {-1, retry, retry},
		"ends after any time":           {math.MaxInt64, retry, retry},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for i := range 100 {
				if got := pace.followerWait(test.remaining, i%(few+1)); got < test.least || got > test.most {
					t.Fatalf("it waits for %v, want %v to %v", got, test.least, test.most)
				}
			}
		})
	}
}

// Of many candidates not all ask at once when a lease may have ended, yet one of
// them does at nearly that moment; and the more there are, the less each asks while it
// stands (F22).
func TestF22ManyCandidatesTakeTurns(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, retry: 2 * time.Second}
	const remaining = 9 * time.Second
	for candidates, want := range map[int]struct{ pause, all time.Duration }{
		200:           {2 * time.Second, 0}, // they ask before the lease ends
		1000:          {10 * time.Second, 1990 * time.Millisecond},
		10_000:        {100 * time.Second, 2 * time.Second},
		math.MaxInt32: {1000 * time.Second, 2 * time.Second},
	} {
		if got := pace.pause(candidates); got != want.pause {
			t.Errorf("of %d, each asks after %v at the most, want %v", candidates, got, want.pause)
		}
		if want.all == 0 {
			continue
		}
		first, last := time.Hour, time.Duration(0)
		for range 1000 {
			past := pace.followerWait(remaining, candidates) - remaining
			first, last = min(first, past), max(last, past)
		}
		if first < afterExpiry || first > want.all/50 || last > min(want.all, want.pause-remaining)+2*afterExpiry || last < min(want.all, want.pause-remaining)*9/10 {
			t.Errorf("of %d, a thousand ask %v to %v after the lease's end, want them to need %v", candidates, first, last, want.all)
		}
	}
	for candidates := range few + 1 {
		if got := pace.turn(candidates); got != 0 {
			t.Errorf("of %d, one waits for %v", candidates, got)
		}
		if got := pace.firstPause(candidates); got != pace.retry {
			t.Errorf("of %d, one asks again after %v", candidates, got)
		}
	}
	early := 0
	for range 1000 {
		got := pace.firstPause(few + 1)
		if got <= 0 || got > pace.retry {
			t.Fatalf("of more, one asks again after %v", got)
		}
		if got < pace.retry/2 {
			early++
		}
	}
	if early < 400 || early > 600 {
		t.Errorf("of a thousand that began together, %d ask in the first half of an interval", early)
	}
}

func TestErrorsBackOffFromAnEighthOfTheRetryIntervalToAllOfIt(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, retry: 8 * time.Second}
	for n, full := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second,
		5: 8 * time.Second, 1000: 8 * time.Second, math.MaxInt: 8 * time.Second,
	} {
		for range 100 {
			if got := pace.backoff(n); got > full || got < full*3/4 {
				t.Fatalf("after %d failures it waits for %v, want %v to %v", n, got, full*3/4, full)
			}
		}
	}
}

func TestAFailedRenewalIsRetriedAfterAQuarterOfAHeartbeatAtTheMost(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, heartbeat: 4 * time.Second}
	seen := map[time.Duration]bool{}
	for range 100 {
		got := pace.renewalRetry(time.Hour)
		if got > time.Second || got < 750*time.Millisecond {
			t.Fatalf("it waits for %v, want 750ms to 1s", got)
		}
		seen[got] = true
	}
	if got := pace.renewalRetry(time.Second); got > time.Second/8 || got < 90*time.Millisecond {
		t.Errorf("with a second left it waits for %v, want an eighth of that", got)
	}
	if got := pace.renewalRetry(0); got < 7*time.Millisecond {
		t.Errorf("with nothing left it waits for %v: that is a hot loop", got)
	}
	if len(seen) < 2 {
		t.Error("there is no jitter")
	}
}

func TestTheShortestDurationsHaveNoJitterAndDoNotPanic(t *testing.T) {
	for d := range time.Duration(10) {
		if got := (timing{random: machine.Real{}.Random}).jittered(d); got > d || got < d*3/4 {
			t.Errorf("of %d ns it makes %d", d, got)
		}
	}
}

// The heartbeats of elections that began together are spread, and never late; those
// that are due at nearly the same time are due on the same tick (F22).
func TestF22HeartbeatsAreSpreadOverTicks(t *testing.T) {
	pace := timing{random: machine.Real{}.Random, heartbeat: 3 * time.Second}
	const tick = 3 * time.Second / ticksPerHeartbeat
	sent := clocksAt(1234567*time.Microsecond, time.Hour)
	ticks := map[int64]int{}
	for range 10_000 {
		due := pace.firstRenewal(sent)
		if wait := due.since(sent); wait > pace.heartbeat || wait < -tick {
			t.Fatalf("the first renewal is due after %v", wait)
		}
		if due.wall-sent.wall != due.mono-sent.mono || due.mono%int64(tick) != 0 {
			t.Fatalf("due at %v, not on a tick of %v", due, tick)
		}
		ticks[due.mono]++
		if next := pace.nextRenewal(due); next.since(due) > pace.heartbeat || next.since(due) <= pace.heartbeat-tick {
			t.Fatalf("the next one is due %v after it", next.since(due))
		}
	}
	if len(ticks) < ticksPerHeartbeat {
		t.Errorf("all are due on %d ticks", len(ticks))
	}
	for _, n := range ticks {
		if n > 10_000/ticksPerHeartbeat*2 {
			t.Errorf("%d are due at once", n)
		}
	}
}
