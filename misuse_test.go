package leaderelection_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// Calls in orders that programs get wrong. Each is defined, and none deadlocks.

func TestF29StopWithinACallbackOrWorkIsBoundedByTheDrainTimeout(t *testing.T) {
	const patience = 5 * time.Second
	places := map[string]func(*testing.T, *candidate, func()){
		"become": func(t *testing.T, c *candidate, stop func()) { c.OnBecomeLeader(stop); c.start(t) },
		"lose": func(t *testing.T, c *candidate, stop func()) {
			c.OnLoseLeadership(stop)
			c.start(t)
			go func() { _ = c.Resign(context.Background()) }()
		},
		"work": func(t *testing.T, c *candidate, stop func()) {
			c.lead(t, func(context.Context) error { stop(); return nil })
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCandidate(t, memstore.New(), "a", leaderelection.WithDrainTimeout(patience))
				stopped := make(chan error, 1)

				began := time.Now()
				place(t, c, func() { stopped <- c.Stop() })

				if err := <-stopped; !errors.Is(err, leaderelection.ErrDrainTimeout) {
					t.Errorf("Stop returned %v, want ErrDrainTimeout", err)
				}
				if took := time.Since(began); took > 2*patience {
					t.Errorf("Stop took %v, with a drain timeout of %v", took, patience)
				}
				c.mustReturn(t, leaderelection.ErrDrainTimeout)
			})
		})
	}
}

func TestF29StopWithinAnObserverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *candidate
		stopped := make(chan error, 1)
		stop := leaderelection.ObserverFunc(func(event leaderelection.Event) {
			if event.Kind == leaderelection.Renewed {
				stopped <- c.Stop()
			}
		})
		c = newCandidate(t, memstore.New(), "a", leaderelection.WithObserver(stop))
		c.start(t)
		if err := <-stopped; err != nil {
			t.Errorf("Stop: %v", err)
		}
		c.mustReturn(t, nil)
	})
}

func TestF29StopTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		for range 2 {
			if err := c.Stop(); err != nil {
				t.Errorf("Stop: %v", err)
			}
			c.mustReturn(t, nil)
		}
	})
}

func TestF29StopConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader whose work takes a while to end
		c := newCandidate(t, memstore.New(), "a").lead(t, stubborn(t, time.Second)).mustLead(t)
		began := time.Now()

		// when it is stopped ten times at once
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				// then each call waits for the end
				if err := c.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}
				if took := time.Since(began); took < time.Second {
					t.Errorf("Stop returned after %v, before the work had ended", took)
				}
			})
		}
		all.Wait()
	})
}

func TestF29StopBeforeStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		if err := c.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
		c.start(t).mustReturn(t, leaderelection.ErrStopped)
		c.lead(t, untilCancelled).mustReturn(t, leaderelection.ErrStopped)
	})
}

func TestF29StartAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		c.start(t).mustReturn(t, leaderelection.ErrStopped)
	})
}

func TestF29StartTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)

		if err := c.Start(t.Context()); !errors.Is(err, leaderelection.ErrAlreadyStarted) {
			t.Errorf("the second Start returned %v, want ErrAlreadyStarted", err)
		}
		if err := c.Lead(t.Context(), untilCancelled); !errors.Is(err, leaderelection.ErrAlreadyStarted) {
			t.Errorf("Lead beside Start returned %v, want ErrAlreadyStarted", err)
		}

		// and the first is not disturbed
		pass(time.Minute)
		c.mustLead(t)
	})
}

func TestF29StartAgainAfterItsCtxEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		for range 3 {
			c.start(t).mustLead(t)
			c.cancel()
			c.mustReturn(t, nil)
			c.mustNotLead(t)
		}
	})
}

func TestF29StartAgainAfterADrainTimeoutSeeksNoTermBesideTheOldWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a candidate whose work did not end within the drain timeout
		var running atomic.Int32
		work := func(ctx context.Context) error {
			running.Add(1)
			defer running.Add(-1)
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		}
		c := newCandidate(t, memstore.New(), "a").lead(t, work).mustLead(t)
		c.cancel()
		c.mustReturn(t, leaderelection.ErrDrainTimeout)

		// when it is started again
		c.lead(t, work)

		// then it does not lead before the work of the last term has ended
		pass(30 * time.Minute)
		c.mustNotLead(t)
		if n := running.Load(); n != 1 {
			t.Errorf("the work runs %d times", n)
		}
		pass(30 * time.Minute)
		c.mustLead(t)
		c.cancel()
		c.mustReturn(t, leaderelection.ErrDrainTimeout)
		pass(time.Hour)
	})
}

func TestF29TheCtxEndsDuringStopAndStopDuringTheEndOfTheCtx(t *testing.T) {
	for _, first := range []string{"Stop", "ctx"} {
		t.Run(first+" first", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCandidate(t, memstore.New(), "a").lead(t, stubborn(t, time.Second)).mustLead(t)
				stop := func() {
					if err := c.Stop(); err != nil {
						t.Errorf("Stop: %v", err)
					}
				}
				if first == "Stop" {
					go stop()
					pass(time.Second / 2)
					c.cancel()
				} else {
					c.cancel()
					pass(time.Second / 2)
					stop()
				}
				c.mustReturn(t, nil)
				synctest.Wait()
			})
		})
	}
}

func TestF29StartWithACtxThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()

		if err := c.Start(ctx); err != nil {
			t.Errorf("Start: %v", err)
		}
		if bids := c.link.sent(acquire); len(bids) > 0 {
			t.Errorf("it bid %d times", len(bids))
		}
	})
}

func TestNewRefusesANilStore(t *testing.T) {
	if _, err := leaderelection.New(nil, nil); err == nil || !strings.Contains(err.Error(), "Store") {
		t.Errorf("New(nil, nil) returned %v", err)
	}
}

func TestNewTakesNilAndZeroConfigsForTheDefaults(t *testing.T) {
	for name, config := range map[string]*leaderelection.Config{"nil": nil, "zero": {}} {
		election, err := leaderelection.New(memstore.New(), config, nil, leaderelection.WithObserver(nil), leaderelection.WithLogger(nil))
		if err != nil {
			t.Errorf("with a %s config: %v", name, err)
		} else if election.GetInstanceID() == "" {
			t.Errorf("with a %s config: no InstanceID", name)
		}
	}
}

func TestNilCallbacksAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(nil)
		c.OnLoseLeadership(nil)
		c.start(t).mustLead(t)
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		c.mustReturn(t, nil)
	})
}

func TestLeadRefusesNilWork(t *testing.T) {
	c := newCandidate(t, memstore.New(), "a")
	if err := c.Lead(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "work") {
		t.Errorf("Lead(nil) returned %v", err)
	}
}

// refuser is a store that refuses candidates without asking anybody.
type refuser struct{ *memstore.Store }

func (refuser) Check(candidate leaderelection.Candidate) error {
	return errors.New("no election named " + candidate.Key)
}

func TestNewReturnsWhatTheStoreRefuses(t *testing.T) {
	if _, err := leaderelection.New(refuser{memstore.New()}, &leaderelection.Config{RedisKeyName: "x"}); err == nil || err.Error() != "no election named x" {
		t.Errorf("New returned %v", err)
	}
}
