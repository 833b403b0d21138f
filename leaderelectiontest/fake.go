// Package leaderelectiontest has a LeaderElection for unit tests: the test says
// who leads, and when. There is no store, no time and no chance in it.
//
// What a program can observe of the real election holds for the fake as well:
// terms grow, callbacks alternate and run in the order of their registration,
// IsLeader is false before a lose callback runs, and the context of Lead's work
// ends with the same causes.
package leaderelectiontest

import (
	"context"
	"sync"
	"time"

	"example.com/leaderelection"
)

// Fake is a [leaderelection.LeaderElection] that a test steers by BecomeLeader and
// LoseLeadership, and by SetLeader and FailReads for what the store answers. New
// makes it; nobody leads at first. It also has the methods that *leaderelection.Election
// adds to the interface. All methods are safe for concurrent use.
//
// It may be steered before Start, during it, and after it has returned, but a Fake
// that was stopped never leads again.
type Fake struct {
	// InstanceID and Hostname are this instance's. To change them, do so before
	// the first call.
	InstanceID string
	Hostname   string

	mu      sync.Mutex
	last    int64 // the number of the last term, whoever led in it
	reign   *reign
	run     *run
	stopped bool
	idle    <-chan struct{} // closed when the last work has returned; nil if there was none

	other   *leaderelection.LeaderInfo // who leads while the fake doesn't
	readErr error
	changed chan struct{} // closed at the next change of who leads; nil if nobody waits

	become    []func()
	lose      []func()
	queue     []func()      // callbacks that are due, in order
	callbacks chan struct{} // closed when the goroutine that runs the queue is done; nil if none does
}

var _ leaderelection.LeaderElection = (*Fake)(nil)

// reign is a term in which the fake leads.
type reign struct {
	term       int64
	since      time.Time
	cancelWork context.CancelCauseFunc // of Lead's work; nil if there is none
}

// New returns a Fake with the InstanceID "fake" on the Hostname "localhost".
func New() *Fake {
	return &Fake{InstanceID: "fake", Hostname: "localhost"}
}

// BecomeLeader begins a term: IsLeader is true, Lead's work begins, and the become
// callbacks run; when BecomeLeader returns, they have returned. It does nothing if
// the fake leads already or was stopped.
//
// Like the real election it begins no term before the last one's work has
// returned: it blocks until then. Called from a callback it doesn't wait for the
// callbacks: these run after that one.
//
// In one thing it is stricter than the real election, whose lose callbacks stop
// waiting for a become callback that blocks: here they run in turn. Work that goes
// on until the term ends belongs into Lead, or into a goroutine.
func (f *Fake) BecomeLeader() {
	f.mu.Lock()
	for f.reign == nil && !f.stopped && !done(f.idle) {
		returned := f.idle
		f.mu.Unlock()
		<-returned
		f.mu.Lock()
	}
	if f.reign == nil && !f.stopped {
		f.begin()
	}
	f.mu.Unlock()
	f.runCallbacks()
}

// begin starts the next term. f.mu is held.
func (f *Fake) begin() {
	f.last++
	f.reign = &reign{term: f.last, since: time.Now()}
	f.other = nil // two never lead
	f.announceChange()
	if f.run != nil {
		f.startWork()
	}
	f.queue = append(f.queue, f.become...)
}

// LoseLeadership ends the term, as if the store had answered that somebody else
// has the lease: IsLeader is false, the context of Lead's work ends with
// [leaderelection.ErrDeposed] as its cause, and the lose callbacks run; when
// LoseLeadership returns, they have returned. It doesn't wait for work. It does
// nothing if the fake doesn't lead. Called from a callback, it doesn't wait for the
// callbacks: these run after that one.
func (f *Fake) LoseLeadership() {
	f.end(leaderelection.ErrDeposed)
}

// Resign ends the term like LoseLeadership, with [leaderelection.ErrResigned], and
// waits until work has returned or ctx ends. It returns
// [leaderelection.ErrNotLeader] if the fake doesn't lead.
func (f *Fake) Resign(ctx context.Context) error {
	if !f.end(leaderelection.ErrResigned) {
		return leaderelection.ErrNotLeader
	}
	returned := f.workDone()
	if done(returned) {
		return nil
	}
	select {
	case <-returned:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end ends the term for cause, and reports whether there was one.
func (f *Fake) end(cause error) bool {
	f.mu.Lock()
	ended := f.reign
	if ended != nil {
		f.reign = nil
		f.announceChange()
		if ended.cancelWork != nil {
			ended.cancelWork(cause)
		}
		f.queue = append(f.queue, f.lose...)
	}
	f.mu.Unlock()
	f.runCallbacks()
	return ended != nil
}

// IsLeader reports whether the test has the fake lead.
func (f *Fake) IsLeader() bool { return f.Term() != 0 }

// Term returns the number of the term while the fake leads, else 0. The first is 1.
func (f *Fake) Term() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reign == nil {
		return 0
	}
	return f.reign.term
}

// GetInstanceID returns InstanceID.
func (f *Fake) GetInstanceID() string { return f.InstanceID }

// done reports whether ch is closed, or nil.
func done(ch <-chan struct{}) bool {
	if ch == nil {
		return true
	}
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
