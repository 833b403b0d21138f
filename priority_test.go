package leaderelection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestTheHighestPriorityWinsAVacancy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a", leaderelection.WithPriority(-1)).start(t).mustLead(t)
		for _, id := range []string{"b", "c", "d"} {
			newCandidate(t, store, id).start(t)
		}
		preferred := newCandidate(t, store, "preferred", leaderelection.WithPriority(7)).start(t)
		pass(time.Minute)
		a.mustLead(t) // without being asked, it leads on

		if err := a.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		preferred.mustLead(t)
	})
}

// P4: who is preferred and hangs costs a second.
func TestAPreferredCandidateThatHangsKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		preferred := newCandidate(t, store, "preferred", leaderelection.WithPriority(7)).start(t)
		pass(retry)
		preferred.crash()
		if err := a.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(time.Second + 10*time.Millisecond)
		b.mustLead(t)
	})
}

func TestPreemption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a", leaderelection.WithPriority(3)).lead(t, stubborn(t, 5*time.Second)).mustLead(t)
		equal := newCandidate(t, store, "equal", leaderelection.WithPriority(3), leaderelection.WithPreemption()).start(t)
		pass(time.Minute)
		a.mustLead(t)

		higher := newCandidate(t, store, "higher", leaderelection.WithPriority(4), leaderelection.WithPreemption()).start(t)
		pass(4 * time.Second)
		higher.mustNotLead(t) // the work of a is still ending
		pass(2 * time.Second)
		higher.mustLead(t)
		ended := a.events.last(leaderelection.TermEnded)
		if asked, ok := errors.AsType[*leaderelection.StepDownError](ended.Err); !ok || asked.By != "higher" {
			t.Errorf("the term of a ended: %v", ended.Err)
		}
		pass(time.Hour)
		higher.mustLead(t)
		equal.mustNotLead(t)
	})
}

// A candidate that preempts, and is too slow to succeed whom it has deposed, does so
// less and less often.
func TestPreemptionInVainBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		slow := newCandidate(t, store, "slow", leaderelection.WithPriority(1), leaderelection.WithPreemption())
		bids := 0
		slow.link.breaks(func(_ context.Context, execute func()) error {
			time.Sleep(1234567 * time.Nanosecond) // when nothing else happens: nobody may resign between the question and the bid
			if bids++; leaderIn(t, store) != "" {
				execute() // it is refused, and told when a lease stands, but never bids in time
				return nil
			}
			return errBroken
		}, acquire)
		slow.start(t)
		pass(time.Hour)
		slow.mustNotLead(t)
		asked := 0
		for _, c := range []*candidate{a, b} {
			asked += len(c.events.of(leaderelection.TermEnded))
		}
		if asked < 2 || asked > 20 {
			t.Errorf("it deposed %d leaders in an hour of %d bids, want a few", asked, bids)
		}
	})
}

func TestPriorityNeedsAStoreThatKnowsIt(t *testing.T) {
	for name, opt := range map[string]leaderelection.Option{"priority": leaderelection.WithPriority(1), "preemption": leaderelection.WithPreemption()} {
		if _, err := leaderelection.New(foreign{memstore.New()}, nil, opt); err == nil || !strings.Contains(err.Error(), "Steerer") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, priority := range []int{-1001, 1001} {
		if _, err := leaderelection.New(memstore.New(), nil, leaderelection.WithPriority(priority)); err == nil || !strings.Contains(err.Error(), "from -1000 to 1000") {
			t.Errorf("priority %d: %v", priority, err)
		}
	}
}

// Who has stepped down for somebody, or has resigned, doesn't take the lead back.
func TestWhoHasGivenTheLeadUpDoesNotPreempt(t *testing.T) {
	preempting := []leaderelection.Option{leaderelection.WithPriority(5), leaderelection.WithPreemption()}
	t.Run("asked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			newCandidate(t, store, "a", preempting...).start(t).mustLead(t)
			b := newCandidate(t, store, "b").start(t)
			c := newCandidate(t, store, "c", preempting...).start(t) // nor do others from who was named
			stepDown(t, store, "b")
			pass(time.Hour)
			b.mustLead(t)

			stepDown(t, store, "c") // which has not led yet
			stepDown(t, store, "")
			pass(time.Hour)
			c.mustNotLead(t)
		})
	})
	t.Run("of itself", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			turns := 0
			newCandidate(t, store, "a", preempting...).lead(t, func(context.Context) error {
				turns++
				return nil // nothing to do, or not able to: somebody else is to have the next turn
			})
			newCandidate(t, store, "b").lead(t, untilCancelled).mustLead(t)
			pass(time.Minute)
			if turns != 1 {
				t.Errorf("it led %d times in a minute, want once", turns)
			}
		})
	})
}

// Of a vacancy that is reserved, a bid that is refused wakes whoever is preferred, and not
// all the others to be refused too (F22).
func TestF22ReservationIsNoReasonToBid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		others := make([]*candidate, 100)
		for i := range others {
			others[i] = newCandidate(t, store, fmt.Sprint("f", i)).start(t)
		}
		hung := newCandidate(t, store, "hung", leaderelection.WithPriority(7)).start(t)
		pass(time.Minute)
		hung.crash()
		bids := func() (n int) {
			for _, other := range others {
				n += len(other.link.sent(acquire))
			}
			return n
		}
		before := bids()
		if err := a.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(990 * time.Millisecond)
		if more := bids() - before; more > 2*len(others) {
			t.Errorf("%d bids of %d followers in the second of a reservation", more, len(others))
		}
	})
}
