package leaderelection_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// stubborn is work that takes d to end after it was told to.
func stubborn(t *testing.T, d time.Duration) func(context.Context) error {
	t.Cleanup(func() { pass(d) }) // at the end of the test, it ends too
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		return nil
	}
}

// voluntaryEnds are the ways to give up a term.
var voluntaryEnds = map[string]struct {
	end   func(*candidate)
	cause error
}{
	"Stop":         {func(c *candidate) { _ = c.Stop() }, leaderelection.ErrStopped},
	"the ctx ends": {func(c *candidate) { c.cancel() }, leaderelection.ErrStopped},
	"Resign":       {func(c *candidate) { _ = c.Resign(context.Background()) }, leaderelection.ErrResigned},
}

func TestF31TheLeaseIsReleasedOnlyAfterTheWorkHasEnded(t *testing.T) {
	for name, voluntary := range voluntaryEnds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a leader whose work takes twice its LockTTL to end, and a follower
				store := memstore.New()
				a := newCandidate(t, store, "a").lead(t, stubborn(t, 2*ttl)).mustLead(t)
				b := newCandidate(t, store, "b").start(t)
				pass(time.Minute)
				renewals := len(a.link.sent(renew))

				// when the term ends
				go voluntary.end(a)
				synctest.Wait()

				// then nobody leads until the work has ended, since the lease is renewed
				for range int(2*ttl/time.Second) - 1 {
					pass(time.Second)
					a.mustNotLead(t)
					b.mustNotLead(t)
					if leader := leaderIn(t, store); leader != "a" {
						t.Fatalf("%q holds the lease while the work of a is ending", leader)
					}
				}
				if more := len(a.link.sent(renew)) - renewals; more < int(2*ttl/heartbeat)-1 {
					t.Errorf("%d renewals while the work was ending", more)
				}

				// and then the follower does, at once
				pass(time.Second)
				b.mustLead(t)
			})
		})
	}
}

func TestF31TheLeaseIsReleasedOnlyAfterTheCallbacksHaveReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a")
		a.OnLoseLeadership(func() { time.Sleep(ttl) })
		a.OnLoseLeadership(func() { time.Sleep(ttl) })
		a.start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		pass(time.Minute)

		go func() { _ = a.Stop() }()

		pass(2*ttl - 1)
		b.mustNotLead(t)
		pass(1)
		b.mustLead(t)
	})
}

func TestF31WorkThatDoesNotEndKeepsItsLeaseForTheDrainTimeoutOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader whose work ends long after it was told to, and a follower
		const patience = 5 * time.Second
		store := memstore.New()
		a := newCandidate(t, store, "a", leaderelection.WithDrainTimeout(patience)).lead(t, stubborn(t, time.Minute)).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		pass(time.Minute)

		// when it is stopped
		stopped := time.Now()
		if err := a.Stop(); !errors.Is(err, leaderelection.ErrDrainTimeout) {
			t.Errorf("Stop returned %v, want ErrDrainTimeout", err)
		}
		a.mustReturn(t, leaderelection.ErrDrainTimeout)
		if took := time.Since(stopped); took < patience || took > patience+time.Second {
			t.Errorf("Stop took %v, with a drain timeout of %v", took, patience)
		}

		// then the lease was left to expire, not released
		if released := a.link.sent(release); len(released) > 0 {
			t.Errorf("released %v while the work was running", released)
		}
		renewals := a.link.sent(renew)
		end := renewals[len(renewals)-1].sent.Add(ttl)
		time.Sleep(time.Until(end) - 1)
		b.mustNotLead(t)
		pass(2*time.Millisecond + 1)
		b.mustLead(t)
	})
}

func TestAReleaseThatIsLostIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		a.link.next(release, blackHole)

		if err := a.Stop(); err != nil {
			t.Fatal(err)
		}

		if leader := leaderIn(t, store); leader != "" {
			t.Errorf("%q still holds the lease", leader)
		}
		if released := a.events.of(leaderelection.Released); len(released) != 1 {
			t.Errorf("%d Released events, want 1", len(released))
		}
	})
}

func TestAReleaseThatFailsIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		a.link.breaks(failing(errBroken), release)

		if err := a.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}

		if failed := a.events.last(leaderelection.ReleaseFailed); !errors.Is(failed.Err, errBroken) {
			t.Errorf("reported %v, want the store's error", failed.Err)
		}
	})
}

// Errors may come at once and pass: go-redis refuses to connect for a while after it
// could not, whether or not the server is back. Found by simulation, seed 228910.
func TestAReleaseIsTriedAgainWhileErrorsComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		refused := failing(errBroken)
		a.link.next(release, refused, refused, refused, refused)

		if err := a.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}

		if leader := leaderIn(t, store); leader != "" {
			t.Errorf("%q still holds the lease", leader)
		}
		if n := len(a.link.sent(release)); n != 5 {
			t.Errorf("%d tries, want 5", n)
		}
		if failed := a.events.of(leaderelection.ReleaseFailed); len(failed) != 0 {
			t.Errorf("reported as failed: %v", failed)
		}
	})
}

func TestALeaseLostWhileTheWorkIsEndingIsNotReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader that has resigned, and whose work is ending
		a := newCandidate(t, memstore.New(), "a").lead(t, stubborn(t, 2*ttl)).mustLead(t)
		go func() { _ = a.Resign(t.Context()) }()
		synctest.Wait()

		// when the lease is taken from it
		a.depose(t)
		pass(2 * ttl)

		// then it leaves the key alone
		if released := a.link.sent(release); len(released) > 0 {
			t.Errorf("released %v", released)
		}
		if failed := a.events.last(leaderelection.ReleaseFailed); !errors.Is(failed.Err, leaderelection.ErrDeposed) {
			t.Errorf("reported %v, want ErrDeposed", failed.Err)
		}
	})
}

func TestResignBlocksUntilTheLeaseIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		c := newCandidate(t, store, "a").lead(t, stubborn(t, time.Second)).mustLead(t)

		if err := c.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}

		if leader := leaderIn(t, store); leader != "" {
			t.Errorf("%q holds the lease", leader)
		}
	})
}

func TestResignGivesUpWaitingWithItsCtx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").lead(t, stubborn(t, ttl)).mustLead(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if err := c.Resign(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Resign returned %v, want its ctx's error", err)
		}

		// and the term ends nevertheless
		c.mustNotLead(t)
		pass(ttl)
		if released := c.events.of(leaderelection.Released); len(released) != 1 {
			t.Errorf("%d Released events, want 1", len(released))
		}
	})
}

func TestAfterADrainTimeoutTheResignerIsStillACandidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").lead(t, stubborn(t, time.Minute)).mustLead(t)

		if err := c.Resign(t.Context()); !errors.Is(err, leaderelection.ErrDrainTimeout) {
			t.Errorf("Resign returned %v, want ErrDrainTimeout", err)
		}

		pass(2 * time.Minute)
		if c.returned() {
			t.Fatalf("Lead returned %v", c.err)
		}
		c.mustLead(t)
	})
}

func TestWhoDoesNotLeadCannotResign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		if err := c.Resign(t.Context()); !errors.Is(err, leaderelection.ErrNotLeader) {
			t.Errorf("Resign returned %v, want ErrNotLeader", err)
		}
	})
}
