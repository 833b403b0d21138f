package simulation

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"
)

// simulatedMachine is the machine that a candidate runs on. It implements
// machine.Machine.
//
// While it is paused nothing reaches the candidate: no timer, no answer; and what
// it writes leaves only afterwards, as with a process that is stopped between
// reading the clock and sending. Then all of it arrives in one go.
type simulatedMachine struct {
	process string
	began   time.Time
	rate    float64 // how many seconds its clocks count in a second

	mu      sync.Mutex
	dice    *rand.Rand
	paused  bool
	dead    bool
	held    []func()
	stood   time.Duration // for how long the monotonic clock stood still
	jumped  time.Duration // by how much the wall clock was set
	resumed time.Time     // when it was last paused or its clocks were touched
}

func newMachine(process string, rate float64, dice *rand.Rand) *simulatedMachine {
	return &simulatedMachine{process: process, began: time.Now(), rate: rate, dice: dice}
}

// Clocks implements machine.Machine.
func (m *simulatedMachine) Clocks() (mono, wall int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	elapsed := time.Duration(float64(time.Since(m.began)) * m.rate)
	return int64(elapsed - m.stood), m.began.Add(elapsed + m.jumped).UnixNano()
}

// Random implements machine.Machine.
func (m *simulatedMachine) Random(n time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Duration(m.dice.Int64N(int64(n)))
}

// NewTimer implements machine.Machine.
func (m *simulatedMachine) NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool) {
	channel := make(chan time.Time, 1)
	return channel, m.after(d, func() { channel <- time.Now() })
}

// WithTimeout implements machine.Machine.
func (m *simulatedMachine) WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(parent)
	ctx := &timeoutContext{Context: inner, deadline: time.Now().Add(m.inTruth(d))}
	if earlier, ok := parent.Deadline(); ok && earlier.Before(ctx.deadline) {
		ctx.deadline = earlier
	}
	stop := m.after(d, func() { cancel(context.DeadlineExceeded) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}

// timeoutContext is what context.WithTimeout returns, with another's timer.
type timeoutContext struct {
	context.Context
	deadline time.Time
}

func (c *timeoutContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *timeoutContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// inTruth is how long d lasts that this machine measures.
func (m *simulatedMachine) inTruth(d time.Duration) time.Duration {
	return time.Duration(float64(d) / m.rate)
}

// after calls f when d has passed by its clocks and it is awake, unless it is
// stopped before.
func (m *simulatedMachine) after(d time.Duration, f func()) (stop func() bool) {
	return m.afterTruly(m.inTruth(d), f)
}

// afterTruly is after, for d in true time.
func (m *simulatedMachine) afterTruly(d time.Duration, f func()) (stop func() bool) {
	var stopped atomic.Bool
	timer := time.AfterFunc(max(d, 1), func() {
		m.whenAwake(func() {
			if !stopped.Load() {
				f()
			}
		})
	})
	return func() bool {
		stopped.Store(true)
		return timer.Stop()
	}
}

// whenAwake calls f, now or when the machine has been resumed.
func (m *simulatedMachine) whenAwake(f func()) {
	m.mu.Lock()
	if m.paused {
		m.held = append(m.held, f)
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	f()
}

func (m *simulatedMachine) isPaused() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.paused
}

func (m *simulatedMachine) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// undisturbedSince reports whether the machine ran as usual since then.
func (m *simulatedMachine) undisturbedSince(t time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.paused && m.resumed.Before(t)
}

// pause reports whether it was awake.
func (m *simulatedMachine) pause() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused || m.dead {
		return false
	}
	m.paused = true
	return true
}

// stand sets the monotonic clock back by what it would have counted while the
// machine was suspended.
func (m *simulatedMachine) stand(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stood += time.Duration(float64(d) * m.rate)
}

// setWallClock moves the wall clock.
func (m *simulatedMachine) setWallClock(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jumped += by
	m.resumed = time.Now()
}

// resume wakes the machine. It calls first, before anything else can happen, and
// then lets all happen that was held, in any order.
func (m *simulatedMachine) resume(first func()) {
	m.mu.Lock()
	if !m.paused {
		m.mu.Unlock()
		return
	}
	m.paused = false
	m.resumed = time.Now()
	held := m.held
	m.held = nil
	m.dice.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	m.mu.Unlock()
	first()
	for _, f := range held {
		f()
		synctest.Wait()
	}
}

// kill ends the process at once. What of it is left in the simulation runs out
// unseen: its timers fire, and nothing of what it says is heard.
func (m *simulatedMachine) kill() {
	m.mu.Lock()
	m.dead, m.paused = true, false
	held := m.held
	m.held = nil
	m.mu.Unlock()
	for _, f := range held {
		f()
	}
}
