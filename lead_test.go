package leaderelection_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestWorkRunsOncePerTermAndOnlyWhileLeading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given two candidates with the same work
		store := memstore.New()
		running, runs := 0, 0
		work := func(ctx context.Context) error {
			running++
			runs++
			defer func() { running-- }()
			return untilCancelled(ctx)
		}
		a := newCandidate(t, store, "a").lead(t, work)
		b := newCandidate(t, store, "b").lead(t, work)

		// when the lead goes back and forth
		for term := range 6 {
			if running != 1 || runs != term+1 {
				t.Fatalf("in term %d of them: %d run, %d have run", term, running, runs)
			}
			leader := a
			if b.IsLeader() {
				leader = b
			}
			if err := leader.mustLead(t).Resign(t.Context()); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
		}
	})
}

func TestTheCtxOfWorkTellsWhyItEnded(t *testing.T) {
	ends := map[string]struct {
		end   func(*testing.T, *candidate)
		cause error
	}{
		"Stop":              {func(_ *testing.T, c *candidate) { _ = c.Stop() }, leaderelection.ErrStopped},
		"the caller's ctx":  {func(_ *testing.T, c *candidate) { c.cancel() }, leaderelection.ErrStopped},
		"Resign":            {func(t *testing.T, c *candidate) { _ = c.Resign(t.Context()) }, leaderelection.ErrResigned},
		"the lease expired": {func(_ *testing.T, c *candidate) { c.crash() }, leaderelection.ErrLeaseExpired},
		"the store says so": {func(t *testing.T, c *candidate) { c.depose(t) }, leaderelection.ErrDeposed},
	}
	for name, with := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, works := leadRecording(t)
				ctx := <-works

				with.end(t, c)
				pass(ttl)

				if cause := context.Cause(ctx); !errors.Is(cause, with.cause) {
					t.Errorf("the cause is %v, want %v", cause, with.cause)
				}
				if err := ctx.Err(); !errors.Is(err, context.Canceled) {
					t.Errorf("Err is %v, want context.Canceled", err)
				}
				if reported := c.events.of(leaderelection.TermEnded)[0].Err; !errors.Is(reported, with.cause) {
					t.Errorf("the observer was told %v, want %v", reported, with.cause)
				}
			})
		})
	}
}

func TestIsLeaderIsFalseBeforeTheCtxOfWorkEnds(t *testing.T) {
	for name, voluntary := range voluntaryEnds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				led := make(chan bool, 1)
				c := newCandidate(t, memstore.New(), "a")
				c.lead(t, func(ctx context.Context) error {
					<-ctx.Done()
					led <- c.IsLeader()
					return nil
				})
				voluntary.end(c)
				if <-led {
					t.Error("IsLeader was true after the ctx of work had ended")
				}
			})
		})
	}
}

func TestTheCtxOfWorkCarriesTheTermAndTheCallersValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		c := newCandidate(t, memstore.New(), "a")
		works := make(chan context.Context, 1)
		c.run(t, func(ctx context.Context) error {
			return c.Lead(context.WithValue(ctx, key{}, "value"), func(ctx context.Context) error {
				works <- ctx
				return untilCancelled(ctx)
			})
		})
		ctx := <-works

		if value := ctx.Value(key{}); value != "value" {
			t.Errorf("the caller's value is %v", value)
		}
		if term, ok := leaderelection.TermFromContext(ctx); !ok || term != c.Term() || term == 0 {
			t.Errorf("the term is %d, %v; want %d", term, ok, c.Term())
		}
		if _, bounded := ctx.Deadline(); bounded {
			t.Error("the ctx has a deadline, though the lease may be renewed for ever")
		}
	})
}

func TestACtxWithoutTermHasNone(t *testing.T) {
	if term, ok := leaderelection.TermFromContext(t.Context()); ok {
		t.Errorf("it has term %d", term)
	}
	if term, ok := leaderelection.TermFromContext(leaderelection.ContextWithTerm(t.Context(), 7)); !ok || term != 7 {
		t.Errorf("it has term %d, %v; want 7", term, ok)
	}
}

func TestTermIsZeroWhileSomebodyElseLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t)
		b := newCandidate(t, store, "b").start(t)
		if a.Term() == 0 || b.Term() != 0 {
			t.Errorf("the leader's term is %d, the follower's %d", a.Term(), b.Term())
		}
	})
}

func TestWorkThatReturnsNilResignsAndIsACandidateAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		c := newCandidate(t, memstore.New(), "a").lead(t, func(context.Context) error { runs++; return nil })

		pass(4*retry + retry/2)

		if runs != 5 {
			t.Errorf("the work ran %d times in four and a half RetryIntervals, want 5", runs)
		}
		if c.returned() {
			t.Errorf("Lead returned %v", c.err)
		}
	})
}

func TestWorkThatFailsEndsLeadAfterTheRelease(t *testing.T) {
	// An error may itself wrap a reason for which terms end: that of another election.
	failures := map[string]error{
		"any":                 errBroken,
		"a cancelled call":    fmt.Errorf("fetch: %w", context.Canceled),
		"another's expiry":    fmt.Errorf("inner: %w", leaderelection.ErrLeaseExpired),
		"another's depostion": fmt.Errorf("inner: %w", leaderelection.ErrDeposed),
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := memstore.New()
				c := newCandidate(t, store, "a").lead(t, func(context.Context) error { return failure })

				c.mustReturn(t, failure)

				if leader := leaderIn(t, store); leader != "" {
					t.Errorf("%q holds the lease", leader)
				}
			})
		})
	}
}

func TestWhatWorkReturnsAtAStopIsReturnedUnlessItOnlySaysSo(t *testing.T) {
	cases := map[string]struct{ returns, want error }{
		"nil":              {nil, nil},
		"its ctx's error":  {context.Canceled, nil},
		"its ctx's cause":  {fmt.Errorf("scheduler: %w", leaderelection.ErrStopped), nil},
		"something broken": {errBroken, errBroken},
	}
	for name, with := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCandidate(t, memstore.New(), "a").lead(t, func(ctx context.Context) error {
					<-ctx.Done()
					return with.returns
				})
				if err := c.Stop(); err != nil {
					t.Errorf("Stop: %v", err)
				}
				c.mustReturn(t, with.want)
				if with.want == nil && c.err != nil {
					t.Errorf("Lead returned %v", c.err)
				}
			})
		})
	}
}

func TestAnElectionWithinTheWorkOfAnotherReleasesItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given an election that is led within the work of another one
		store := memstore.New()
		outer := newCandidateWith(t, memstore.New(), leaderelection.Config{InstanceID: "outer"})
		inner := newCandidate(t, store, "inner")
		outer.lead(t, func(ctx context.Context) error { return inner.Lead(ctx, untilCancelled) })
		inner.mustLead(t)

		// when the outer one is deposed
		outer.depose(t)
		pass(heartbeat)

		// then the inner one was stopped, and has given its lease back
		if ended := inner.events.last(leaderelection.TermEnded); !errors.Is(ended.Err, leaderelection.ErrStopped) {
			t.Errorf("the inner term ended because of %v, want ErrStopped", ended.Err)
		}
		if released := inner.link.sent(release); len(released) != 1 {
			t.Errorf("the inner lease was released %d times, want once", len(released))
		}
	})
}
