package leaderelection_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func operator(store leaderelection.Store) leaderelection.Operator {
	return leaderelection.Operator{Store: store, Key: leaderelection.DefaultRedisKeyName, Name: "alice"}
}

func stepDown(t *testing.T, store leaderelection.Store, to string) leaderelection.Succession {
	t.Helper()
	succession, err := operator(store).StepDown(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return succession
}

func TestStepDownHandsOverToTheOneThatIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		causes := make(chan error, 1)
		a := newCandidate(t, store, "a").lead(t, func(ctx context.Context) error {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil
		}).mustLead(t)
		newCandidate(t, store, "b").start(t)
		c := newCandidate(t, store, "c").start(t)

		succession := stepDown(t, store, "c")

		c.mustLead(t)
		if succession.From.InstanceID != "a" || succession.To.InstanceID != "c" || succession.To.Term != c.Term() {
			t.Errorf("the operator is told %+v", succession)
		}
		cause, want := <-causes, leaderelection.StepDownError{By: "alice", To: "c"}
		asked, ok := errors.AsType[*leaderelection.StepDownError](cause)
		if !ok || *asked != want || !errors.Is(cause, leaderelection.ErrResigned) {
			t.Errorf("the work's ctx ended with %v, want %v", cause, &want)
		}
		a.mustNotLead(t)
		pass(time.Minute)
		c.mustLead(t)
	})
}

// Who has stepped down is a candidate again as soon as another leads (F33): to go back
// takes no RetryInterval.
func TestStepDownGoesToAndFro(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		for range 100 {
			for _, next := range []*candidate{b, a} {
				stepDown(t, store, next.GetInstanceID())
				next.mustLead(t)
				pass(100 * time.Millisecond)
			}
		}
		if a.IsLeader() && b.IsLeader() {
			t.Error("both lead")
		}
	})
}

// What it heard while it led, or of its own release, is no reason to bid once more.
func TestWhoSteppedDownBidsOnceWhenAnotherLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		newCandidate(t, store, "b").start(t)
		before := len(a.link.sent(acquire))
		stepDown(t, store, "b")
		pass(retry / 2)
		if bids := len(a.link.sent(acquire)) - before; bids != 1 {
			t.Errorf("it bid %d times, want once", bids)
		}
	})
}

// A hint that is lost costs the time to the next heartbeat, and no more (F21).
func TestStepDownReachesALeaderThatHearsNoHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a")
		a.link.hints = func(context.Context, string, string) <-chan leaderelection.Hint { return nil }
		a.start(t).mustLead(t)
		newCandidate(t, store, "b").start(t)
		pass(time.Minute)
		began := time.Now()
		if to := stepDown(t, store, "").To.InstanceID; to != "b" {
			t.Errorf("%s leads", to)
		}
		if took := time.Since(began); took > heartbeat+time.Second {
			t.Errorf("took %v, want a heartbeat of %v", took, heartbeat)
		}
	})
}

func TestStepDownWhileTheWorkIsEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		newCandidate(t, store, "a").lead(t, stubborn(t, 20*time.Second)).mustLead(t)
		b := newCandidate(t, store, "b").start(t)

		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := operator(store).StepDown(impatient, "b")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "a was asked to step down") {
			t.Errorf("an operator who waits for 10 s is told: %v", err)
		}
		b.mustNotLead(t)
		pass(11 * time.Second)
		b.mustLead(t)
	})
}

func TestStepDownOfTheOnlyCandidateHasItLeadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		before := a.Term()
		succession := stepDown(t, store, "")
		if succession.To.InstanceID != "a" || succession.To.Term <= before {
			t.Errorf("%+v, want a in a later term than %d", succession, before)
		}
		pass(time.Minute)
		a.mustLead(t)
		if ends := a.events.of(leaderelection.TermEnded); len(ends) != 1 {
			t.Errorf("%d terms have ended, want 1: an order counts once", len(ends))
		}
	})
}

func TestStepDownThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		if _, err := operator(store).StepDown(t.Context(), ""); !errors.Is(err, leaderelection.ErrNoLeader) {
			t.Errorf("with nobody leading: %v", err)
		}
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		if _, err := operator(store).StepDown(t.Context(), "nobody"); !errors.Is(err, leaderelection.ErrNotCandidate) || !strings.Contains(err.Error(), `"nobody"`) {
			t.Errorf("in favour of nobody known: %v", err)
		}
		if succession := stepDown(t, store, "a"); succession.To.Term != a.Term() || succession.From.Term != a.Term() {
			t.Errorf("in favour of the leader: %+v", succession)
		}
		nameless := operator(store)
		nameless.Name = ""
		if _, err := nameless.StepDown(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "Name") {
			t.Errorf("without a name: %v", err)
		}
		if _, err := operator(foreign{store}).StepDown(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "Steerer") {
			t.Errorf("on a store that can't be steered: %v", err)
		}
		pass(time.Minute)
		if ends := a.events.of(leaderelection.TermEnded); len(ends) != 0 {
			t.Errorf("terms have ended: %v", ends)
		}
	})
}

// F21: of a flood of orders that are none, a leader asks about one in a heartbeat.
func TestF21AFloodOfOrdersIsNoHotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flood := make(chan leaderelection.Hint)
		a := newCandidate(t, memstore.New(), "a")
		a.link.hints = func(context.Context, string, string) <-chan leaderelection.Hint { return flood }
		a.start(t).mustLead(t)
		renewals := len(a.link.sent(renew))
		go func() {
			for {
				select {
				case flood <- leaderelection.HintOrder:
				case <-t.Context().Done():
					return
				}
			}
		}()
		pass(10 * heartbeat)
		if more := len(a.link.sent(renew)) - renewals; more > 22 {
			t.Errorf("%d renewals in ten heartbeats", more)
		}
		a.mustLead(t)
	})
}

// A subscription that is made again every ten seconds, as a balancer has it, deafens a
// follower with a long RetryInterval for less than its first right lasts.
func TestF21NamedCandidateOfAFlappingSubscriptionIsNotDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		slowly := func(id string) leaderelection.Config {
			return leaderelection.Config{InstanceID: id, RetryInterval: time.Minute, LockTTL: 2 * time.Minute, HeartbeatInterval: 20 * time.Second}
		}
		newCandidateWith(t, store, slowly("a")).start(t).mustLead(t)
		newCandidateWith(t, store, slowly("c")).start(t)
		heir := newCandidateWith(t, store, slowly("heir"))
		heir.link.hints = func(ctx context.Context, key, id string) <-chan leaderelection.Hint {
			hints := make(chan leaderelection.Hint, 1)
			go func() {
				whole, again := store.Watch(ctx, key, id), time.NewTicker(10*time.Second)
				defer again.Stop()
				for {
					hint := leaderelection.HintMissed
					select {
					case hint = <-whole:
					case <-again.C:
					case <-ctx.Done():
						return
					}
					select {
					case hints <- hint:
					default:
					}
				}
			}()
			return hints
		}
		heir.start(t)
		pass(5*time.Minute + 100*time.Millisecond)
		if to := stepDown(t, store, "heir").To.InstanceID; to != "heir" {
			t.Errorf("%s succeeded", to)
		}
	})
}
