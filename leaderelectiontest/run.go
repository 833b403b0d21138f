package leaderelectiontest

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"example.com/leaderelection"
)

// run is one call of Start or Lead.
type run struct {
	ctx     context.Context             // of the caller: work inherits its values
	work    func(context.Context) error // nil for Start, and once the run ends; under Fake.mu
	failure error                       // what ends Lead; under Fake.mu
	stop    chan struct{}               // closed to end the run; under Fake.mu
	done    chan struct{}               // closed when it has returned
	err     error                       // what it returned; set before done is closed
}

// Start blocks until ctx ends or Stop is called; the fake then doesn't lead any
// more, and the lose callbacks have returned. Whether it leads meanwhile is up to
// the test. Its errors are [leaderelection.ErrAlreadyStarted],
// [leaderelection.ErrStopped], and [leaderelection.ErrDrainTimeout] if callbacks
// don't return within [leaderelection.DefaultDrainTimeout].
func (f *Fake) Start(ctx context.Context) error {
	return f.takePart(ctx, nil)
}

// Lead is Start with work that runs in each term, on a goroutine of its own, as
// *leaderelection.Election does it: its ctx ends with the term, with the reason as
// cause; nil from work resigns; an error or a panic (a
// *[leaderelection.PanicError]) ends Lead with it. [leaderelection.TermFromContext]
// reads the term from its ctx.
func (f *Fake) Lead(ctx context.Context, work func(ctx context.Context) error) error {
	if work == nil {
		return errors.New("leaderelectiontest: Lead needs work to do; use Start to take part without")
	}
	return f.takePart(ctx, work)
}

// Stop ends the term with [leaderelection.ErrStopped], and Start or Lead, for good.
// It blocks until that has returned. Like the real one it returns
// [leaderelection.ErrDrainTimeout], after [leaderelection.DefaultDrainTimeout],
// where a callback or work calls it and waits. It is idempotent, and safe before
// Start and after it.
func (f *Fake) Stop() error {
	f.mu.Lock()
	f.stopped = true
	r := f.run
	f.mu.Unlock()
	f.end(leaderelection.ErrStopped)
	if r == nil {
		return nil
	}
	f.stopRun(r, nil)
	<-r.done
	if errors.Is(r.err, leaderelection.ErrDrainTimeout) {
		return leaderelection.ErrDrainTimeout
	}
	return nil
}

func (f *Fake) takePart(ctx context.Context, work func(context.Context) error) error {
	r := &run{ctx: ctx, work: work, stop: make(chan struct{}), done: make(chan struct{})}
	if err := f.enter(r); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-r.stop:
	}
	r.err = f.drain(r)
	f.mu.Lock()
	f.run = nil
	f.mu.Unlock()
	close(r.done)
	return r.err
}

func (f *Fake) enter(r *run) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stopped:
		return leaderelection.ErrStopped
	case f.run != nil:
		return leaderelection.ErrAlreadyStarted
	}
	f.run = r
	if f.reign != nil {
		f.startWork()
	}
	return nil
}

// stopRun makes r return, with err if it is the first.
func (f *Fake) stopRun(r *run, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.failure == nil {
		r.failure = err
	}
	if !done(r.stop) {
		close(r.stop)
	}
}

// drain ends the term, and waits until callbacks and work have returned. The
// callbacks run elsewhere, so that one which blocks (or waits in Stop for this
// very run) is given up like work (F29).
func (f *Fake) drain(r *run) error {
	f.mu.Lock()
	r.work = nil // should a term begin by now, it is none of this run's
	f.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.end(leaderelection.ErrStopped)
	}()
	timeout := time.After(leaderelection.DefaultDrainTimeout)
	if !closes(ended, timeout) || !closes(f.callbacksDone(), timeout) || !closes(f.workDone(), timeout) {
		return leaderelection.ErrDrainTimeout
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return r.failure
}

// closes waits until ch is closed, and reports false if that takes too long.
func closes(ch <-chan struct{}, timeout <-chan time.Time) bool {
	if done(ch) {
		return true
	}
	select {
	case <-ch:
		return true
	case <-timeout:
		return false
	}
}

// workDone returns a channel that is closed once the last work has returned; nil if
// there was none.
func (f *Fake) workDone() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle
}

// startWork runs Lead's work for the term that has begun. f.mu is held.
func (f *Fake) startWork() {
	r, term := f.run, f.reign
	work := r.work
	if work == nil {
		return
	}
	// Not a child of the caller's ctx: work must not learn of the end before
	// IsLeader is false, nor of another cause than ErrStopped.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.ctx))
	term.cancelWork = cancel
	idle := make(chan struct{})
	f.idle = idle
	go func() {
		defer close(idle)
		err := guarded(leaderelection.ContextWithTerm(ctx, term.term), work)
		if ctx.Err() == nil {
			if err != nil {
				f.stopRun(r, err)
			}
			f.end(leaderelection.ErrResigned)
		} else if endsLead(err, context.Cause(ctx)) {
			f.stopRun(r, err)
		}
	}()
}

// endsLead reports whether an error that work returned after its term had ended for
// cause is Lead's as well: a panic always is, anything else only where Lead ends anyway.
func endsLead(err, cause error) bool {
	if panicked := (*leaderelection.PanicError)(nil); errors.As(err, &panicked) {
		return true
	}
	consequence := err == nil || errors.Is(err, cause) || errors.Is(err, context.Canceled)
	return errors.Is(cause, leaderelection.ErrStopped) && !consequence
}

// guarded turns a panic of work into an error.
func guarded(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &leaderelection.PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return work(ctx)
}
