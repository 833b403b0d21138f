//go:build unix

package main

import (
	"errors"
	"sync"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/guardian"
)

// lease knows when the command has to be dead. The ctx of work says when to begin
// with it; but after a voluntary end that ctx is over, the command uses its
// --grace, and the renewals that go on meanwhile may fail (F04). Then nothing but
// this tells that the lease is about to end under a command that still runs.
//
// It observes the election. Observations may come late, and that only ever makes
// it believe in an earlier end.
type lease struct {
	ttl     time.Duration
	margin  time.Duration // before its end this instance does not lead any more
	reserve time.Duration // the last part of the lease, in which a killed command dies
	changed chan struct{} // has an element after a change

	mu   sync.Mutex
	term int64
	sent time.Time // when the request was sent that the lease in force came from
}

// newLease has twice the library's margin, since here it is for more than clocks: after a
// lease could not be renewed the command gets half of it to end, and half of it to die
// and be buried in, all before anybody else starts.
func newLease(ttl time.Duration) *lease {
	return &lease{ttl: ttl, margin: ttl / 5, reserve: ttl / 10, changed: make(chan struct{}, 1)}
}

// Observe notes when the request was sent that the lease in force came from: it
// lasts a TTL from then (F05).
func (l *lease) Observe(event leaderelection.Event) {
	var sent time.Time
	switch {
	case event.Kind == leaderelection.Elected || event.Kind == leaderelection.Renewed:
		sent = event.Time.Add(-event.Elapsed)
	case event.Kind == leaderelection.ReleaseFailed && errors.Is(event.Err, leaderelection.ErrDeposed):
		// While draining: somebody else may lead by now, and it has to be dead.
		sent = event.Time.Add(l.reserve - l.ttl)
	default:
		return
	}
	l.mu.Lock()
	l.term, l.sent = event.Term, sent
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// of returns the lease of a term, as the guardian of its command wants to know it. ok is
// false as long as nothing has been observed of that term.
func (l *lease) of(term int64) (g guardian.Lease, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.term != term {
		return guardian.Lease{}, false
	}
	sent := guardian.At(l.sent)
	return guardian.Lease{Ask: sent.Plus(l.ttl - l.margin), Kill: sent.Plus(l.ttl - l.reserve)}, true
}
