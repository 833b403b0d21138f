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

// What happens to the two clocks of a machine, and what a leader makes of it.

// leadRecording starts a candidate whose work hands its ctx to the test, term by term.
func leadRecording(t *testing.T) (*candidate, <-chan context.Context) {
	t.Helper()
	works := make(chan context.Context, 16)
	c := newCandidate(t, memstore.New(), "a").lead(t, func(ctx context.Context) error {
		works <- ctx
		<-ctx.Done()
		return nil
	})
	return c.mustLead(t), works
}

func TestF01AfterAPauseTheFirstAnswerIsAlreadyRight(t *testing.T) {
	askers := map[string]func(*candidate, context.Context) bool{
		"IsLeader":              func(c *candidate, _ context.Context) bool { return c.IsLeader() },
		"Term":                  func(c *candidate, _ context.Context) bool { return c.Term() != 0 },
		"Err of the work's ctx": func(_ *candidate, ctx context.Context) bool { return ctx.Err() == nil },
	}
	for name, leads := range askers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a leader
				c, works := leadRecording(t)
				ctx := <-works
				if !leads(c, ctx) {
					t.Fatal("it does not lead before the pause")
				}

				// when its process is paused past the deadline: both clocks have gone on, no timer has fired yet
				c.clocks.Jump(belief, belief)

				// then the first answer denies it
				if leads(c, ctx) {
					t.Error("it still leads after the pause")
				}
				synctest.Wait()
				if cause := context.Cause(ctx); !errors.Is(cause, leaderelection.ErrLeaseExpired) {
					t.Errorf("the work's ctx ended because of %v, want ErrLeaseExpired", cause)
				}
			})
		})
	}
}

func TestF02ASuspendedMachineHasLostItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader
		c, works := leadRecording(t)
		ctx := <-works

		// when its machine is suspended: the monotonic clock stands still, the wall clock goes on
		c.clocks.Jump(0, belief)

		// then it leads no more
		c.mustNotLead(t)
		if ctx.Err() == nil {
			t.Error("the work's ctx goes on")
		}
		synctest.Wait()
		if cause := context.Cause(ctx); !errors.Is(cause, leaderelection.ErrLeaseExpired) {
			t.Errorf("the work's ctx ended because of %v, want ErrLeaseExpired", cause)
		}
	})
}

func TestF02ASuspendedMachineStepsDownAtItsNextHeartbeatUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, works := leadRecording(t)
		ctx := <-works

		// when the machine is suspended, and nobody asks anything
		c.clocks.Jump(0, belief)
		pass(heartbeat)

		// then the work's ctx has ended, and nothing has been renewed
		if cause := context.Cause(ctx); !errors.Is(cause, leaderelection.ErrLeaseExpired) {
			t.Errorf("the work's ctx ended because of %v, want ErrLeaseExpired", cause)
		}
		if renewals := c.link.sent(renew); len(renewals) > 0 {
			t.Errorf("a lapsed lease was renewed %d times", len(renewals))
		}
	})
}

func TestF03AWallClockSetBackChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := leadRecording(t)
		term := c.Term()

		c.clocks.Jump(0, -time.Hour)

		for range 60 {
			pass(time.Second)
			c.mustLead(t)
		}
		if c.Term() != term {
			t.Errorf("the term changed from %d to %d", term, c.Term())
		}
	})
}

func TestF03AWallClockSetBackDoesNotLengthenALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := leadRecording(t)

		// when the clock is set back and the store is gone
		c.clocks.Jump(0, -time.Hour)
		c.crash()

		// then the lease ends when it would have ended
		pass(belief - 1)
		c.mustLead(t)
		pass(1)
		c.mustNotLead(t)
	})
}

func TestF03AWallClockSetForwardCostsOneTermAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := leadRecording(t)

		c.clocks.Jump(0, time.Hour)
		c.mustNotLead(t)
		pass(10 * time.Minute)

		c.mustLead(t)
		if ended := c.events.of(leaderelection.TermEnded); len(ended) != 1 {
			t.Errorf("%d terms ended, want 1", len(ended))
		}
	})
}

func TestF03WhatWasDeniedOnceStaysDenied(t *testing.T) {
	askers := map[string]func(*candidate, context.Context){
		"by IsLeader":                func(c *candidate, _ context.Context) { c.IsLeader() },
		"by Term":                    func(c *candidate, _ context.Context) { c.Term() },
		"by Err of the work's ctx":   func(_ *candidate, ctx context.Context) { _ = ctx.Err() },
		"while a renewal is missing": func(c *candidate, _ context.Context) { pass(heartbeat); c.IsLeader() },
	}
	for name, ask := range askers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a leader whose next renewal is answered late
				c, works := leadRecording(t)
				ctx, term := <-works, c.Term()
				c.link.next(renew, slow(0, time.Second))

				// when the wall clock jumps forward, somebody asks, and it is set back again
				c.clocks.Jump(0, time.Hour)
				ask(c, ctx)
				c.clocks.Jump(0, -time.Hour)

				// then that term is over, for all who ask
				if c.Term() == term {
					t.Error("IsLeader came back in the same term")
				}
				if ctx.Err() == nil {
					t.Error("the work's ctx came back")
				}

				// and the next one begins as usual
				pass(2 * ttl)
				c.mustLead(t)
				if next := <-works; c.Term() <= term || next.Err() != nil {
					t.Errorf("term %d follows %d, the work's ctx says %v", c.Term(), term, next.Err())
				}
			})
		})
	}
}

func TestF03ARenewalUnderWayDoesNotBringBackWhatTheWorkWasDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader with a renewal under way
		c, works := leadRecording(t)
		ctx, term := <-works, c.Term()
		c.link.next(renew, slow(0, time.Second))
		c.passToRenewal()

		// when the work sees its lease lapsed, and the clock is set back before the answer comes
		c.clocks.Jump(0, time.Hour)
		err := ctx.Err()
		c.clocks.Jump(0, -time.Hour)
		pass(time.Second)

		// then the term is over: the work has ended, and there is no leading without it
		if err == nil || c.Term() == term {
			t.Errorf("the ctx said %v, and the term is %d, was %d", err, c.Term(), term)
		}
	})
}

func TestF01ARenewalThatWasUnderWayDuringAPauseDoesNotReviveALapsedLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader with a renewal under way
		c, works := leadRecording(t)
		ctx, began := <-works, time.Now()
		c.link.next(renew, slow(0, time.Second))
		c.passToRenewal()

		// when its process is paused past the deadline, though not past that of the renewal
		left := time.Until(began.Add(belief))
		c.clocks.Jump(left, left)
		pass(time.Second)

		// then the term is over, though nobody had asked meanwhile
		if cause := context.Cause(ctx); !errors.Is(cause, leaderelection.ErrLeaseExpired) {
			t.Errorf("the work's ctx ended because of %v, want ErrLeaseExpired", cause)
		}
	})
}
