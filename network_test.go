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

// Slow, silent and lossy networks.

func TestF04BlackHole(t *testing.T) {
	silences := map[string]func(*link) fault{
		"the client heeds its ctx":         func(*link) fault { return blackHole },
		"the client does not heed its ctx": func(l *link) fault { return l.hung },
	}
	for name, silence := range silences {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a leader whose last renewal was sent at a known time
				c, works := leadRecording(t)
				ctx := <-works
				pass(heartbeat)
				deadline := c.link.sent(renew)[0].sent.Add(belief)

				// when nothing answers any more
				c.link.breaks(silence(c.link), everything...)
				<-ctx.Done()

				// then a timer ends the term at the deadline, neither sooner nor later
				if now := time.Now(); !now.Equal(deadline) {
					t.Errorf("the term ended %v after its deadline", now.Sub(deadline))
				}
				c.mustNotLead(t)
				if cause := context.Cause(ctx); !errors.Is(cause, leaderelection.ErrLeaseExpired) {
					t.Errorf("the work's ctx ended because of %v, want ErrLeaseExpired", cause)
				}
			})
		})
	}
}

func TestF04IsLeaderIsTrueUntilTheDeadlineAndNotAtIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t)
		c.link.breaks(c.link.hung, everything...)

		pass(belief - 1)
		c.mustLead(t)
		pass(1)
		c.mustNotLead(t)
	})
}

func TestF04AStoreThatHangsIsNeverHandedMoreThanFourCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader, whose program asks questions all the time
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		asking, stop := context.WithCancel(t.Context())
		defer stop()
		for range 10 {
			go func() {
				for asking.Err() == nil {
					_, _ = c.Leader(asking)
					time.Sleep(time.Second)
				}
			}()
		}

		// when no call returns, for hours
		c.link.breaks(c.link.hung, everything...)
		pass(3 * time.Hour)

		// then four of them pin a connection, and the others were not made
		if most := c.link.mostEverOpen(); most != 4 {
			t.Errorf("%d calls were open at once, want 4", most)
		}
		if err := c.events.last(leaderelection.AttemptFailed).Err; !errors.Is(err, leaderelection.ErrStoreStalled) {
			t.Errorf("the last attempt failed with %v, want ErrStoreStalled", err)
		}
	})
}

func TestF04ACandidateComesBackWhenTheStoreDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		c.link.breaks(c.link.hung, everything...)
		pass(time.Hour)
		c.mustNotLead(t)

		c.link.heal()
		close(c.link.unblock)
		c.link.unblock = make(chan struct{})
		pass(2 * retry)

		c.mustLead(t)
	})
}

func TestF05ARenewalCountsFromItsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader whose renewal is executed at once and answered late
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		c.link.next(renew, slow(0, heartbeat-time.Second))
		pass(heartbeat)
		sent := c.link.sent(renew)[0].sent

		// when that was the last answer
		c.link.breaks(blackHole, everything...)

		// then the lease is believed in from the sending on
		time.Sleep(time.Until(sent.Add(belief)) - 1)
		c.mustLead(t)
		pass(1)
		c.mustNotLead(t)
	})
}

func TestF05AnAcquireCountsFromItsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a candidate whose bid is executed at once and granted late
		c := newCandidate(t, memstore.New(), "a")
		c.link.next(acquire, slow(0, heartbeat-time.Second))
		c.link.breaks(blackHole, renew)
		c.start(t).mustNotLead(t)
		sent := c.link.sent(acquire)[0].sent
		pass(heartbeat - time.Second)
		c.mustLead(t)

		// then the lease is believed in from the sending on
		time.Sleep(time.Until(sent.Add(belief)) - 1)
		c.mustLead(t)
		pass(1)
		c.mustNotLead(t)
	})
}

func TestF05AnAnswerThatWasGivenUpExtendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader, and a first renewal that succeeds after it was given up
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		won := c.link.sent(acquire)[0].sent
		c.link.breaks(blackHole, everything...)
		c.link.next(renew, slow(0, heartbeat+time.Second))

		// when the deadline comes
		time.Sleep(time.Until(won.Add(belief)))

		// then it is that of the acquire
		c.mustNotLead(t)
	})
}

func TestF06AnAcquireWhoseAnswerIsLostIsGivenBackAndMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a candidate whose first bid is granted, but never answered
		c := newCandidate(t, memstore.New(), "a")
		c.link.next(acquire, answerLost)
		c.start(t).mustNotLead(t)
		if leader := leaderIn(t, c.link.store); leader != "a" {
			t.Fatalf("the store says %q leads, want a", leader)
		}

		// when the call has timed out
		pass(heartbeat + retry/8)

		// then it leads, by another claim, long before the lost lease would have ended
		c.mustLead(t)
		bids := c.link.sent(acquire)
		if first, last := bids[0], bids[len(bids)-1]; first.claim == last.claim {
			t.Error("it resumed a claim whose outcome it did not know")
		}
		if given := c.link.sent(release); len(given) != 1 || given[0].claim != bids[0].claim {
			t.Errorf("it gave back %v, want the first claim only", given)
		}
	})
}

func TestF06AnAcquireWhoseAnswerIsLostKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a bid that was granted but never answered, on a link that then only lets a release through
		store := memstore.New()
		a, b := newCandidate(t, store, "a"), newCandidate(t, store, "b")
		a.link.breaks(blackHole, acquire)
		a.link.next(acquire, answerLost)
		a.start(t)
		b.start(t).mustNotLead(t)

		pass(heartbeat)

		b.mustLead(t)
	})
}

func TestF06WhatCouldNotBeGivenBackIsGivenBackOnceTheStoreAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a bid that was granted but never answered, and whose release fails too
		c := newCandidate(t, memstore.New(), "a")
		c.link.next(acquire, answerLost)
		c.link.next(release, failing(errBroken))
		c.start(t)

		// when the store has answered a bid or two
		pass(heartbeat + retry + retry/8)

		// then the lease is released after all, and won
		c.mustLead(t)
		if given := c.link.sent(release); len(given) != 2 || given[0].claim != given[1].claim {
			t.Errorf("it gave back %v, want the first claim twice", given)
		}
	})
}

func TestF08AnAcquireGivenUpAtStopIsReleasedWhenItsAnswerComes(t *testing.T) {
	for name, releases := range map[string][]fault{
		"the release overtakes it": nil,
		"the release is lost":      {failing(errBroken)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a bid that is on the way for longer than anybody waits
				c := newCandidate(t, memstore.New(), "a")
				c.link.next(acquire, slow(ttl, time.Second))
				c.link.next(release, releases...)
				c.start(t)

				// when the candidate is stopped, and the bid arrives after that
				if err := c.Stop(); err != nil {
					t.Fatal(err)
				}
				c.mustReturn(t, nil)
				time.Sleep(ttl + 2*time.Second)

				// then there is no lease without a leader
				if leader := leaderIn(t, c.link.store); leader != "" {
					t.Errorf("%q holds a lease after it was stopped", leader)
				}
			})
		})
	}
}

func TestF30StopIsBoundedWhileTheStoreHangs(t *testing.T) {
	for _, role := range []string{"leader", "follower", "newcomer"} {
		t.Run(role, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a candidate, and a store that has begun to hang
				store := memstore.New()
				if role == "follower" {
					newCandidate(t, store, "other").start(t).mustLead(t)
				}
				c := newCandidate(t, store, "a")
				if role == "newcomer" {
					c.link.breaks(c.link.hung, everything...)
				}
				c.start(t)
				c.link.breaks(c.link.hung, everything...)
				pass(heartbeat + time.Second) // in the middle of a call

				// when it is stopped
				began := time.Now()
				if err := c.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}

				// then it does not wait for the store
				if took := time.Since(began); took > ttl {
					t.Errorf("Stop took %v", took)
				}
				c.mustReturn(t, nil)
				c.mustNotLead(t)
			})
		})
	}
}
