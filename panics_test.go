package leaderelection_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// explode is easy to find in a stack.
func explode() { panic(io.ErrUnexpectedEOF) }

func exit() { runtime.Goexit() }

func TestF26AfterAPanicTheLeaseIsReleasedAndThePanicReturned(t *testing.T) {
	blasts := map[string]struct {
		blow func()
		want any
	}{
		"panic":  {explode, io.ErrUnexpectedEOF},
		"Goexit": {exit, "runtime.Goexit"},
	}
	places := map[string]func(t *testing.T, c *candidate, blow func()){
		"in become": func(t *testing.T, c *candidate, blow func()) {
			c.OnBecomeLeader(blow)
			c.start(t)
		},
		"in lose": func(t *testing.T, c *candidate, blow func()) {
			c.OnLoseLeadership(blow)
			c.start(t)
			_ = c.Resign(t.Context())
		},
		"in work": func(t *testing.T, c *candidate, blow func()) {
			c.lead(t, func(context.Context) error { blow(); return nil })
		},
		"in work that was told to end": func(t *testing.T, c *candidate, blow func()) {
			c.lead(t, func(ctx context.Context) error { <-ctx.Done(); blow(); return nil })
			_ = c.Resign(t.Context())
		},
	}
	for blast, with := range blasts {
		for place, happen := range places {
			t.Run(blast+" "+place, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var diary diary
					c := newCandidate(t, memstore.New(), "a")
					c.OnLoseLeadership(diary.noting("lose"))

					happen(t, c, with.blow)
					<-c.done

					panicked := (*leaderelection.PanicError)(nil)
					if !errors.As(c.err, &panicked) {
						t.Fatalf("it returned %v, want a *PanicError", c.err)
					}
					if panicked.Value != with.want {
						t.Errorf("its value is %v, want %v", panicked.Value, with.want)
					}
					if blast == "panic" && !strings.Contains(string(panicked.Stack), "leaderelection_test.explode") {
						t.Errorf("its stack does not show where it was:\n%s", panicked.Stack)
					}
					if leader := leaderIn(t, c.link.store); leader != "" {
						t.Errorf("%q still holds the lease", leader)
					}
					diary.mustRead(t, "lose")
				})
			})
		}
	}
}

func TestF26APanicWithAnErrorCanBeTestedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.lead(t, func(context.Context) error { explode(); return nil })
		c.mustReturn(t, io.ErrUnexpectedEOF)
	})
}

func TestF26APanicIsNotTakenForTheEndOfACtx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given work that panics with its ctx's error
		c := newCandidate(t, memstore.New(), "a").lead(t, func(ctx context.Context) error {
			<-ctx.Done()
			panic(ctx.Err())
		})

		c.depose(t)
		pass(heartbeat)

		panicked := (*leaderelection.PanicError)(nil)
		if !c.returned() || !errors.As(c.err, &panicked) {
			t.Errorf("returned: %v; with %v; want a *PanicError", c.returned(), c.err)
		}
	})
}

func TestF26APanicWhileAnotherCallbackBlocksIsReturnedAfterTheDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a become callback that never returns, and work that panics
		begun, unblock := make(chan struct{}), make(chan struct{})
		defer close(unblock)
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() { close(begun); <-unblock })
		c.lead(t, func(context.Context) error { <-begun; explode(); return nil })

		pass(drain + time.Second)

		if !c.returned() {
			t.Fatal("Lead has not returned")
		}
		panicked := (*leaderelection.PanicError)(nil)
		if !errors.As(c.err, &panicked) || !errors.Is(c.err, leaderelection.ErrDrainTimeout) {
			t.Errorf("Lead returned %v, want a *PanicError and ErrDrainTimeout", c.err)
		}
	})
}

func TestF26AfterAPanicStartMayBeCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.lead(t, func(context.Context) error { explode(); return nil })
		<-c.done

		c.start(t).mustLead(t)
	})
}
