package leaderelection

import (
	"context"
	"errors"
	"testing"
	"time"
)

// unasked is a Store of which nothing is wanted.
type unasked struct{ Store }

// A renewal is answered, and finds its lease valid by the clock; but meanwhile the
// clock had been forward, and IsLeader has denied it (F03). The moment between the
// two, in reign.go's extend, is too short to be met from outside.
func TestARenewalDoesNotBringBackWhatIsLeaderHasDenied(t *testing.T) {
	// Given a term,
	e, err := New(unasked{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	clocks := &Clocks{}
	e.UseClocks(clocks)
	c := &candidacy{Election: e}
	sent := c.clock()
	led := newTerm(t.Context(), &term{term: 7}, e.timing, sent)
	defer led.cancelWork(ErrStopped)
	c.current.Store(led.lease)
	if !e.IsLeader() || e.Term() != 7 {
		t.Fatalf("leads %v, term %d", e.IsLeader(), e.Term())
	}

	// when the wall clock goes forward by an hour, somebody asks, and it comes back,
	clocks.Jump(0, time.Hour)
	if e.IsLeader() {
		t.Fatal("a lapsed lease is believed in")
	}
	clocks.Jump(0, -time.Hour)

	// then a renewal that was answered does not count.
	if !led.lease.validAt(c.clock()) {
		t.Fatal("the clock did not come back")
	}
	if c.extend(led, sent.plus(time.Millisecond)) {
		t.Error("the renewal was taken for one")
	}
	if e.IsLeader() || e.Term() != 0 {
		t.Error("what was denied is true again")
	}
	if cause := led.cause(); !errors.Is(cause, ErrLeaseExpired) {
		t.Errorf("the term ended for %v", cause)
	}
}

// Somebody's IsLeader has taken the lapsed lease away, and has not yet said why.
// Work that asks in that moment is told all the same.
func TestWorkThatAsksAsTheLeaseLapsesIsToldSo(t *testing.T) {
	e, err := New(unasked{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &candidacy{Election: e}
	led := newTerm(t.Context(), &term{term: 7}, e.timing, c.clock())
	led.prepareWork(t.Context(), c.leading)
	c.current.Store(nil)
	if err := led.work.Err(); !errors.Is(err, context.Canceled) || !errors.Is(context.Cause(led.work), ErrLeaseExpired) {
		t.Errorf("it was told %v, because of %v", err, context.Cause(led.work))
	}
}
