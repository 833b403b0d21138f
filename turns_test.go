package leaderelection_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// Of many candidates, each has its turn.

// What wakes all of many candidates is followed in turn, what wakes a few at once (F22).
func TestF22OfMuchTheSameReasonOnlyAFewAskAtOnce(t *testing.T) {
	tests := []struct {
		hint   leaderelection.Hint
		crowd  int
		atOnce bool
	}{
		{leaderelection.HintVacant, 3, true},
		{leaderelection.HintVacant, 1000, true},
		{leaderelection.HintMissed, 3, true},
		{leaderelection.HintMissed, 400, false}, // whose turn is within 790 ms
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			// given a follower that is one of so many
			store := memstore.New()
			newCandidate(t, store, "leader").start(t).mustLead(t)
			c := newCandidate(t, store, "follower")
			hints := make(chan leaderelection.Hint)
			c.link.hints = func(context.Context, string, string) <-chan leaderelection.Hint { return hints }
			c.link.crowd = test.crowd
			c.start(t)
			pass(500 * time.Millisecond)

			// when it has a hint, then it asks at once or in turn
			before := len(c.link.sent(acquire))
			hints <- test.hint
			synctest.Wait()
			atOnce := len(c.link.sent(acquire)) - before
			pass(time.Second)
			inASecond := len(c.link.sent(acquire)) - before
			if atOnce > 0 != test.atOnce || inASecond == 0 {
				t.Errorf("hint %d, one of %d: %d attempts at once, %d within a second", test.hint, test.crowd, atOnce, inASecond)
			}
		})
	}
}

// Nor does a flood of that make a hot loop of a crowd's turns, which are short where it
// is small.
func TestF22AFloodOfTurnsMakesNoHotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		newCandidate(t, store, "leader").start(t).mustLead(t)
		c := newCandidate(t, store, "follower")
		c.link.hints = func(ctx context.Context, _, _ string) <-chan leaderelection.Hint {
			hints := make(chan leaderelection.Hint)
			go func() {
				for {
					select {
					case <-time.After(3 * time.Millisecond): // longer than such a turn
					case <-ctx.Done():
						return
					}
					select {
					case hints <- leaderelection.HintMissed:
					default:
					}
				}
			}()
			return hints
		}
		c.link.crowd = 6
		c.start(t)
		pass(time.Minute)
		if attempts, most := len(c.link.sent(acquire)), 16*int(time.Minute/retry); attempts > most {
			t.Errorf("%d attempts in a minute, want %d at most", attempts, most)
		}
	})
}

// Those who have failed together don't go on together: neither leaders with their
// renewals, nor the followers of a crowd with their bids (F22).
func TestF22AnOutageMakesNobodyAskTogether(t *testing.T) {
	tests := map[string]struct {
		what  operation
		usual time.Duration
	}{
		"leaders":   {renew, heartbeat},
		"followers": {acquire, retry},
	}
	for name, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			c := newCandidate(t, store, "a")
			if name == "followers" {
				newCandidate(t, store, "leader").start(t).mustLead(t)
				c.link.crowd = 6
			}
			c.start(t)
			pass(time.Minute)
			early := 0
			const outages = 30
			for range outages {
				// given a store that fails once, and then answers
				c.link.next(test.what, failing(errBroken))
				sent := len(c.link.sent(test.what))
				pass(3 * heartbeat)

				// then the pause after its first answer is any part of the usual one
				requests := c.link.sent(test.what)[sent:]
				if pause := requests[2].sent.Sub(requests[1].sent); pause < test.usual*3/4 {
					early++
				}
			}
			if early < outages/3 {
				t.Errorf("%s: after %d of %d outages, the next was asked early", name, early, outages)
			}
		})
	}
}
