package main

import (
	"errors"
	"sync/atomic"
	"time"

	"example.com/leaderelection"
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
	reserve time.Duration // the last part of the lease, in which a killed command dies
	sent    atomic.Pointer[time.Time]
	changed chan struct{} // has an element after a change
}

func newLease(ttl, reserve time.Duration) *lease {
	return &lease{ttl: ttl, reserve: reserve, changed: make(chan struct{}, 1)}
}

// Observe notes when the request was sent that the lease in force came from: it
// lasts a TTL from then (F05).
func (l *lease) Observe(event leaderelection.Event) {
	switch {
	case event.Kind == leaderelection.Elected || event.Kind == leaderelection.Renewed:
		sent := event.Time.Add(-event.Elapsed)
		l.sent.Store(&sent)
	case event.Kind == leaderelection.ReleaseFailed && errors.Is(event.Err, leaderelection.ErrDeposed):
		l.sent.Store(nil) // while draining: somebody else may lead by now
	default:
		return
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// timeToKill returns how long the command may still live; zero or less: not at
// all. The wall clock counts too: a monotonic clock stands still while the machine
// is suspended, and the lease has run out by then (F02).
func (l *lease) timeToKill(now time.Time) time.Duration {
	sent := l.sent.Load()
	if sent == nil {
		return 0
	}
	deadline := sent.Add(l.ttl - l.reserve)
	return min(deadline.Sub(now), deadline.Round(0).Sub(now.Round(0)))
}
