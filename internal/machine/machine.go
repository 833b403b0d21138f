// Package machine is what an election takes from the machine it runs on: clocks,
// timers, chance. Everything else it gets from its Store. The one use of another
// Machine than Real is to test: a machine that is paused or suspended, whose
// clocks run too fast or jump, and whose dice fall the same way again.
package machine

import (
	"context"
	"math/rand/v2"
	"time"
)

// Machine is one machine, or one process on it. All methods are safe for
// concurrent use.
type Machine interface {
	// Clocks returns what the monotonic and the wall clock show at one moment, in
	// nanoseconds. Where they count from is the machine's own affair.
	Clocks() (mono, wall int64)

	// NewTimer sends once on the channel after d, unless it is stopped before.
	NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool)

	// WithTimeout is context.WithTimeout.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)

	// Random returns a duration from 0 up to, but not including, n, which is
	// greater than 0.
	Random(n time.Duration) time.Duration
}

// Replace makes an election, which must not have been started, run on another
// machine. The root package sets it, since what it replaces is not exported.
var Replace func(election any, with Machine)

// Real is the machine that this process runs on.
type Real struct{}

// epoch is where this process counts its monotonic time from.
var epoch = time.Now()

// Clocks reads both clocks; time.Now does so in one go.
func (Real) Clocks() (mono, wall int64) {
	t := time.Now()
	return int64(t.Sub(epoch)), t.UnixNano()
}

// NewTimer makes a timer.
func (Real) NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool) {
	timer := time.NewTimer(d)
	return timer.C, timer.Stop
}

// WithTimeout is context.WithTimeout.
func (Real) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// Random draws from the runtime's generator.
func (Real) Random(n time.Duration) time.Duration { return rand.N(n) }
