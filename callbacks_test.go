package leaderelection_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// resign ends a term and waits until the next one has begun.
func resign(t *testing.T, c *candidate) {
	t.Helper()
	if err := c.Resign(t.Context()); err != nil {
		t.Fatal(err)
	}
	pass(retry)
	c.mustLead(t)
}

func (d *diary) mustRead(t *testing.T, want ...string) {
	t.Helper()
	if got := d.read(); !slices.Equal(got, want) {
		t.Fatalf("the diary reads %q, want %q", got, want)
	}
}

func TestF27BecomeAndLoseAlternateInTheOrderOfTheirRegistration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(diary.noting("become 1"))
		c.OnLoseLeadership(diary.noting("lose 1"))
		c.OnBecomeLeader(diary.noting("become 2"))
		c.OnLoseLeadership(diary.noting("lose 2"))
		c.start(t)

		resign(t, c)
		resign(t, c)
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		round := []string{"become 1", "become 2", "lose 1", "lose 2"}
		diary.mustRead(t, slices.Concat(round, round, round)...)
	})
}

func TestF27LoseDoesNotOvertakeBecome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a become callback that takes nearly as long as the margin
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() {
			diary.note("become begins")
			time.Sleep(margin / 2)
			diary.note("become ends")
		})
		c.OnLoseLeadership(diary.noting("lose"))
		c.start(t).mustLead(t)

		// when the term ends at once
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		diary.mustRead(t, "become begins", "become ends", "lose")
	})
}

func TestF28LoseNeverRunsInOneThatNeverLed(t *testing.T) {
	ends := map[string]func(*candidate){
		"Stop":          func(c *candidate) { _ = c.Stop() },
		"the ctx ends":  func(c *candidate) { c.cancel() },
		"a fatal error": func(c *candidate) { c.link.breaks(failing(errPassword), acquire); pass(retry); c.cancel() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var diary diary
				store := memstore.New()
				newCandidate(t, store, "leader").start(t).mustLead(t)
				c := newCandidate(t, store, "a")
				c.OnBecomeLeader(diary.noting("become"))
				c.OnLoseLeadership(diary.noting("lose"))
				c.start(t)
				pass(time.Minute)

				end(c)
				c.mustReturn(t, nil)

				diary.mustRead(t)
			})
		})
	}
}

func TestF25ABecomeCallbackThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a become callback that does not return
		var diary diary
		unblock := make(chan struct{})
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() { diary.note("become"); <-unblock })
		c.OnLoseLeadership(diary.noting("lose"))
		c.start(t)

		// then heartbeats go on
		term := c.Term()
		pass(time.Minute)
		c.mustLead(t)
		if renewed := len(c.events.of(leaderelection.Renewed)); c.Term() != term || renewed < int(time.Minute/heartbeat)-1 {
			t.Errorf("term %d, was %d; %d renewals", c.Term(), term, renewed)
		}

		// when the term ends, then lose runs after the margin all the same
		c.depose(t)
		c.passToRenewal()
		ended := c.events.last(leaderelection.TermEnded).Time
		time.Sleep(time.Until(ended.Add(margin)) - 1)
		diary.mustRead(t, "become")
		pass(1)
		diary.mustRead(t, "become", "lose")

		// and no new term is sought before it returns, which is said
		bids := len(c.link.sent(acquire))
		pass(time.Minute)
		c.mustNotLead(t)
		if more := len(c.link.sent(acquire)) - bids; more != 0 {
			t.Errorf("%d bids while a callback of the last term was running", more)
		}
		if draining := c.events.last(leaderelection.Draining); draining.Elapsed < time.Minute-ttl {
			t.Errorf("the last Draining event says that it has lasted %v", draining.Elapsed)
		}

		// and once it has returned, there is
		close(unblock)
		pass(retry)
		c.mustLead(t)
		diary.mustRead(t, "become", "lose", "become")
	})
}

func TestF25ABecomeCallbackMayEndOnItsLoseCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given the usual pair: become runs the work, lose tells it to stop
		var running int
		stop := make(chan struct{})
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() { running++; <-stop; running-- })
		c.OnLoseLeadership(func() { stop <- struct{}{} })
		c.start(t)

		for range 3 {
			c.mustLead(t)
			if running != 1 {
				t.Fatalf("%d become callbacks run", running)
			}
			resign(t, c)
		}
		if err := c.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
}

func TestACallbackRegisteredWhileLeadingIsCalledPromptlyAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var diary diary
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		pass(time.Minute)

		c.OnBecomeLeader(diary.noting("become"))
		c.OnLoseLeadership(diary.noting("lose"))
		synctest.Wait()
		diary.mustRead(t, "become")

		resign(t, c)
		diary.mustRead(t, "become", "lose", "become")
	})
}

func TestACallbackRegisteredInACallbackRunsInTheSameTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() {
			diary.note("outer")
			c.OnBecomeLeader(diary.noting("inner"))
		})
		c.start(t)

		diary.mustRead(t, "outer", "inner")
	})
}

func TestCallbacksSeeWhetherTheInstanceLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		var became, lost []bool
		c.OnBecomeLeader(func() { became = append(became, c.IsLeader()) })
		c.OnLoseLeadership(func() { lost = append(lost, c.IsLeader()) })
		c.start(t)

		resign(t, c)
		c.depose(t)
		pass(ttl)
		c.clocks.Jump(0, time.Hour)
		pass(2 * ttl)
		c.link.breaks(blackHole, everything...)
		pass(ttl)

		if slices.Contains(became, false) || len(became) != 4 {
			t.Errorf("IsLeader in become callbacks: %v", became)
		}
		if slices.Contains(lost, true) || len(lost) != 4 {
			t.Errorf("IsLeader in lose callbacks: %v", lost)
		}
	})
}

func TestCallbacksAndWorkGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given an instance with both, whose work takes longer to end than its callbacks
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(diary.noting("become"))
		c.OnLoseLeadership(diary.noting("lose"))
		c.lead(t, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			diary.note("work ends")
			return nil
		})

		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		diary.mustRead(t, "become", "lose", "work ends")
	})
}

func TestF28BecomeAndLoseAlternateHoweverShortATermIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(diary.noting("become"))
		c.OnLoseLeadership(diary.noting("lose"))

		// when the ctx ends at the moment of the grant, again and again
		for range 100 {
			c.link.next(acquire, slow(0, time.Second))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
		}

		// then there is no become without a lose, and no lose without a become
		lines := diary.read()
		for i, line := range lines {
			if want := []string{"become", "lose"}[i%2]; line != want {
				t.Fatalf("line %d of the diary is %q, want %q", i, line, want)
			}
		}
		if len(lines)%2 != 0 {
			t.Error("there is a become without a lose")
		}
	})
}

func TestF28ABecomeCallbackThatHasNotBegunWhenTheTermEndsIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given two become callbacks, the first of which takes a while
		var diary diary
		c := newCandidate(t, memstore.New(), "a")
		c.OnBecomeLeader(func() { time.Sleep(margin / 2); diary.note("become 1") })
		c.OnBecomeLeader(diary.noting("become 2"))
		c.OnLoseLeadership(diary.noting("lose"))
		c.start(t)

		// when the term ends meanwhile
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		// then the second does not run in a term that is over
		diary.mustRead(t, "become 1", "lose")
	})
}
