package leaderelection_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// Several candidates, and who leads next.

func TestF10AnEndedTermNeverTouchesTheKeyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader that was deposed, with work that takes its time to end
		store := memstore.New()
		a := newCandidate(t, store, "a").lead(t, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(ttl)
			return nil
		})
		b := newCandidate(t, store, "b").start(t)
		a.link.breaks(slow(0, time.Millisecond), renew)
		a.depose(t)
		synctest.Wait()
		b.mustLead(t)

		// when its term and its work have ended
		pass(2 * ttl)
		a.mustNotLead(t)
		ended := a.events.last(leaderelection.TermEnded)
		if !errors.Is(ended.Err, leaderelection.ErrDeposed) {
			t.Fatalf("its term ended because of %v, want ErrDeposed", ended.Err)
		}

		// then nothing was renewed or released in that term's name
		for _, renewal := range a.link.sent(renew) {
			if !renewal.sent.Before(ended.Time) {
				t.Errorf("a renewal was sent %v after the term had ended", renewal.sent.Sub(ended.Time))
			}
		}
		if released := a.link.sent(release); len(released) != 0 {
			t.Errorf("released %v after the term had ended", released)
		}
		b.mustLead(t)
	})
}

func TestF23TwoWithTheSameInstanceID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given two candidates with one name
		store := memstore.New()
		first := newCandidate(t, store, "same").start(t)
		second := newCandidate(t, store, "same").start(t)
		pass(time.Minute)

		// then one leads, and the other follows and says so
		first.mustLead(t)
		second.mustNotLead(t)
		warned := slices.ContainsFunc(second.logs.at(slog.LevelWarn), func(message string) bool {
			return strings.Contains(message, "same InstanceID")
		})
		if !warned {
			t.Errorf("the follower did not warn: %q", second.logs.at(slog.LevelWarn))
		}

		// and takes over like any other
		if err := first.Stop(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		second.mustLead(t)
	})
}

func TestF24EachHonoursTheLeaseThatTheOtherWasGranted(t *testing.T) {
	for name, ttls := range map[string][2]time.Duration{
		"the leader's is longer":   {30 * time.Second, 5 * time.Second},
		"the follower's is longer": {5 * time.Second, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a leader and a follower with different LockTTLs
				store := memstore.New()
				leader := newCandidateWith(t, store, leaderelection.Config{InstanceID: "a", LockTTL: ttls[0], HeartbeatInterval: time.Second}).start(t)
				follower := newCandidateWith(t, store, leaderelection.Config{InstanceID: "b", LockTTL: ttls[1], HeartbeatInterval: time.Second}).start(t)
				pass(time.Minute)
				leader.mustLead(t)

				// when the leader crashes
				renewals := leader.link.sent(renew)
				leader.crash()
				end := renewals[len(renewals)-1].sent.Add(ttls[0])

				// then the follower waits for the end of the lease that was granted
				time.Sleep(time.Until(end) - 1)
				follower.mustNotLead(t)
				leader.mustNotLead(t)
				pass(2*time.Millisecond + 1)
				follower.mustLead(t)
			})
		})
	}
}

func TestF32AfterEveryLossItCampaignsAgain(t *testing.T) {
	losses := map[string]func(*testing.T, *candidate){
		"expired": func(_ *testing.T, c *candidate) {
			c.link.breaks(blackHole, everything...)
			pass(ttl)
			c.link.heal()
		},
		"deposed":   func(t *testing.T, c *candidate) { c.depose(t) },
		"suspended": func(_ *testing.T, c *candidate) { c.clocks.Jump(0, time.Hour) },
	}
	works := map[string]func(context.Context) error{
		"work returns nil": untilCancelled,
		"work returns its ctx's error": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"work returns an error of its own": func(ctx context.Context) error {
			<-ctx.Done()
			return errBroken
		},
	}
	for loss, lose := range losses {
		for name, work := range works {
			t.Run(loss+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCandidate(t, memstore.New(), "a").lead(t, work).mustLead(t)
					for range 3 {
						term := c.Term()
						lose(t, c)
						pass(3 * ttl)
						if c.mustLead(t).Term() <= term {
							t.Errorf("term %d follows term %d", c.Term(), term)
						}
					}
				})
			})
		}
	}
}

func TestF32WorkThatSeesTheLossItselfAndReturnsAnErrorDoesNotEndTheCandidacy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given work that returns an error as soon as it finds that it leads no more
		c := newCandidate(t, memstore.New(), "a")
		look := make(chan struct{})
		c.lead(t, func(ctx context.Context) error {
			<-look
			if !c.IsLeader() {
				return errors.New("lost the lead")
			}
			return untilCancelled(ctx)
		})
		c.mustLead(t)

		// when it finds so before any timer does
		c.clocks.Jump(belief, belief)
		close(look)
		pass(2 * ttl)

		// then the candidate has campaigned again
		if c.returned() {
			t.Fatalf("Lead returned %v", c.err)
		}
		c.mustLead(t)
	})
}

func TestF33TheResignerSitsOutOneRetryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader that is alone
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)

		// when it resigns
		if err := c.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		resigned := time.Now()

		// then it leaves others one RetryInterval to win, and asks nothing meanwhile
		bids := len(c.link.sent(acquire))
		time.Sleep(time.Until(resigned.Add(retry)) - 1)
		if more := len(c.link.sent(acquire)) - bids; more != 0 {
			t.Errorf("it bid %d times while it sat out", more)
		}
		c.mustNotLead(t)
		pass(1)
		c.mustLead(t)
	})
}

func TestF33AFollowerWinsFromTheResigner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)

		if err := a.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()

		b.mustLead(t)
		a.mustNotLead(t)
		pass(time.Minute)
		b.mustLead(t)
	})
}
