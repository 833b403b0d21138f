package leaderelection_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// TestP1NeverTwoBelievers lets several candidates live through random faults, and
// looks all the time at who believes to lead. A failure names its seed.
func TestP1NeverTwoBelievers(t *testing.T) {
	const seeds = 30
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { liveThroughFaults(t, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

func liveThroughFaults(t *testing.T, random *rand.Rand) {
	// given candidates of different pace
	store := memstore.New()
	var working atomic.Int32
	work := func(ctx context.Context) error {
		if n := working.Add(1); n > 1 {
			t.Errorf("%d work at the same time", n)
		}
		defer working.Add(-1)
		return untilCancelled(ctx)
	}
	all := make([]*candidate, 2+random.IntN(4))
	for i := range all {
		lockTTL := time.Duration(2+random.IntN(9)) * time.Second
		c := newCandidateWith(t, store, leaderelection.Config{
			InstanceID:        fmt.Sprint("candidate-", i),
			LockTTL:           lockTTL,
			HeartbeatInterval: lockTTL / time.Duration(2+random.IntN(4)),
			RetryInterval:     time.Duration(1+random.IntN(4)) * time.Second,
		})
		if random.IntN(3) == 0 {
			c.link.hints = lossy(store)
		}
		all[i] = c.lead(t, work)
	}

	// when their links break in all kinds of ways, and are mended, for ten minutes
	var lastTerm int64
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
		pass(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
		if random.IntN(20) == 0 {
			suffer(t, all[random.IntN(len(all))], random)
			synctest.Wait()
		}

		// then there are never two at the same moment, and terms only grow
		believers := 0
		for _, c := range all {
			term := c.Term()
			if term == 0 {
				continue
			}
			if term < lastTerm {
				t.Fatalf("term %d came after %d", term, lastTerm)
			}
			lastTerm = term
			believers++
		}
		if believers > 1 {
			t.Fatalf("%d believe to lead", believers)
		}
	}

	// and once all is well, there is one again
	for _, c := range all {
		c.link.heal()
	}
	pass(time.Minute)
	leading := 0
	for _, c := range all {
		if c.IsLeader() {
			leading++
		}
	}
	if leading != 1 {
		t.Errorf("%d lead in the end", leading)
	}
}

// suffer does something bad, or good, to a candidate.
func suffer(t *testing.T, c *candidate, random *rand.Rand) {
	moment := func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most))) }
	faults := []fault{
		failing(errBroken),
		blackHole,
		answerLost,
		slow(moment(15*time.Second), 0),
		slow(0, moment(15*time.Second)),
		slow(moment(3*time.Second), moment(3*time.Second)),
	}
	// Times are drawn now: a fault runs on a goroutine of the candidate.
	chosen := faults[random.IntN(len(faults))]
	switch random.IntN(10) {
	case 0, 1, 2:
		c.link.heal()
	case 3:
		c.link.breaks(chosen, everything...)
	case 4, 5:
		c.link.breaks(chosen, everything[random.IntN(len(everything))])
	case 6:
		c.link.next(everything[random.IntN(len(everything))], chosen)
	case 7:
		c.clocks.Jump(0, moment(time.Minute)-30*time.Second)
	case 8:
		pause := moment(20 * time.Second)
		c.clocks.Jump(pause, pause)
	case 9:
		if c.IsLeader() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = c.Resign(ctx)
		}
	}
}
