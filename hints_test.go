package leaderelection_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// Hints are for speed. Without any, and with bad ones, the timers do the work.

// silent is a watch that never says anything.
func silent(context.Context, string, string) <-chan leaderelection.Hint { return nil }

// flood is a watch that repeats itself as fast as anybody listens.
func flood(ctx context.Context, _, _ string) <-chan leaderelection.Hint {
	hints := make(chan leaderelection.Hint)
	go func() {
		for {
			select {
			case hints <- leaderelection.HintVacant:
			case <-ctx.Done():
				return
			}
		}
	}()
	return hints
}

// ended is a watch whose channel was closed.
func ended(context.Context, string, string) <-chan leaderelection.Hint {
	hints := make(chan leaderelection.Hint)
	close(hints)
	return hints
}

// lossy is a watch that loses every other hint of store's and repeats the rest.
func lossy(store *memstore.Store) func(context.Context, string, string) <-chan leaderelection.Hint {
	return func(ctx context.Context, key, id string) <-chan leaderelection.Hint {
		hints := make(chan leaderelection.Hint, 16)
		go func() {
			for whole := store.Watch(ctx, key, id); ; {
				select {
				case hint := <-whole:
					for range 3 * rand.N(2) {
						select {
						case hints <- hint:
						default: // nobody listens
						}
					}
				case <-ctx.Done():
					return
				}
			}
		}()
		return hints
	}
}

func TestF21AReleaseWakesTheFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		pass(time.Minute)

		if err := a.Stop(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // and no time passes

		b.mustLead(t)
	})
}

func TestF21WithoutHintsAFollowerAsksEveryRetryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b")
		b.link.hints = silent
		b.start(t)
		pass(time.Minute)

		if err := a.Stop(); err != nil {
			t.Fatal(err)
		}
		pass(retry)

		b.mustLead(t)
	})
}

func TestF21WithoutHintsAFollowerWakesWhenTheLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b")
		b.link.hints = silent
		b.start(t)
		pass(time.Minute)

		// when the leader crashes, having renewed its lease just now
		renewals := a.link.sent(renew)
		a.crash()
		end := renewals[len(renewals)-1].sent.Add(ttl)

		// then the follower leads within two milliseconds of the lease's end
		time.Sleep(time.Until(end) - 1)
		b.mustNotLead(t)
		pass(2*time.Millisecond + 1)
		b.mustLead(t)
	})
}

func TestF21BadHintsMakeNoHotLoop(t *testing.T) {
	watches := map[string]func(context.Context, string, string) <-chan leaderelection.Hint{
		"a flood":          flood,
		"a closed channel": ended,
	}
	for name, watch := range watches {
		for _, state := range []string{"while somebody leads", "while the store is down"} {
			t.Run(name+" "+state, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					// given a follower with such a watch
					store := memstore.New()
					c := newCandidate(t, store, "a")
					c.link.hints = watch
					if state == "while somebody leads" {
						newCandidate(t, store, "b").start(t).mustLead(t)
					} else {
						c.link.breaks(failing(errBroken), everything...)
					}

					// when it follows for a minute
					c.start(t)
					pass(time.Minute)

					// then it has not asked many times more often than the timers alone would have made it
					if attempts, most := len(c.link.sent(acquire)), 16*int(time.Minute/retry); attempts > most {
						t.Errorf("%d attempts in a minute, want %d at most", attempts, most)
					}
				})
			})
		}
	}
}

func TestF21AFloodOfHintsDoesNotMakeAwaitLeaderAHotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.hints = flood
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		if _, err := c.AwaitLeader(ctx); err == nil {
			t.Error("it found a leader where there is none")
		}

		if asked, most := len(c.link.sent(read)), 16*int(time.Minute/retry); asked > most {
			t.Errorf("it asked %d times in a minute, want %d at most", asked, most)
		}
	})
}

func TestF21LostAndRepeatedHintsCostTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given three candidates whose hints are lost and repeated
		store := memstore.New()
		all := []*candidate{newCandidate(t, store, "a"), newCandidate(t, store, "b"), newCandidate(t, store, "c")}
		for _, c := range all {
			c.link.hints = lossy(store)
			c.start(t)
		}

		// when each leader resigns
		for range 20 {
			for _, c := range all {
				if c.IsLeader() {
					if err := c.Resign(t.Context()); err != nil {
						t.Fatal(err)
					}
					break
				}
			}

			// then there is another within a RetryInterval
			pass(retry)
			leading := 0
			for _, c := range all {
				if c.IsLeader() {
					leading++
				}
			}
			if leading != 1 {
				t.Fatalf("%d lead", leading)
			}
		}
	})
}
