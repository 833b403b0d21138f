package leaderelection

import (
	"context"
	"sync"
	"sync/atomic"
)

// term is one unbroken leadership of this instance: from winning the lease until
// everything that was done in its name has returned.
type term struct {
	tenure Tenure
	began  LeaderInfo // as the store answered the bid

	// lease is what the candidacy renews. It belongs to the candidacy's
	// goroutine. While the term leads, Election.current is the same pointer.
	lease       *lease
	nextRenewal instant

	// ending is done once the term is asked to end, with the first reason given.
	ending context.Context
	end    context.CancelCauseFunc

	// work is what Lead's work sees; it is cancelled once IsLeader is false.
	work       *workContext
	cancelWork context.CancelCauseFunc

	workDone chan struct{} // closed when work has returned
	released chan struct{} // closed when the lease is given back, or left to expire
	handover error         // ErrDrainTimeout or nil; set before released is closed

	failure failure
}

// failure keeps the first panic or error that ends not the term only, but the
// candidacy.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// newTerm makes the term of a lease granted by a request sent at sent. values
// carries what the caller of Lead put into its ctx; run ends the term when it
// ends.
func newTerm(run context.Context, leading *atomic.Pointer[lease], clock func() instant, tenure Tenure, began LeaderInfo, timing timing, sent instant) *term {
	t := &term{
		tenure:      tenure,
		began:       began,
		nextRenewal: sent.plus(timing.heartbeat),
		workDone:    make(chan struct{}),
		released:    make(chan struct{}),
	}
	t.lease = &lease{owner: t, deadline: timing.deadline(sent)}
	t.ending, t.end = context.WithCancelCause(run)

	// work must not learn of the end before IsLeader answers false, so its
	// context is not a child of run: it only inherits the values.
	inner, cancel := context.WithCancelCause(context.WithoutCancel(run))
	t.cancelWork = cancel
	t.work = &workContext{
		Context: ContextWithTerm(inner, tenure.Term),
		lapsed:  func() bool { l := leading.Load(); return l == nil || l.owner != t || !l.validAt(clock()) },
		cancel:  func() { cancel(t.cause()) },
	}
	return t
}

// cause is why the term ends or ended.
func (t *term) cause() error {
	cause := context.Cause(t.ending)
	switch {
	case cause == nil:
		return ErrLeaseExpired // nobody asked for the end, so the clock brought it
	case isTermCause(cause):
		return cause
	default:
		return ErrStopped // the ctx of Start ended, with whatever cause of its own
	}
}

// fail ends the term, and the candidacy after it, with err.
func (t *term) fail(err error) {
	t.failure.set(err)
	t.end(&failedTermError{err})
}

// failedTermError is the cause of a term that ends by a panic or an error of work.
// To work itself it is a resignation.
type failedTermError struct{ err error }

func (e *failedTermError) Error() string   { return "leaderelection: resigned after: " + e.err.Error() }
func (e *failedTermError) Unwrap() []error { return []error{ErrResigned, e.err} }

// workContext is the ctx given to work. Its Err compares the clock with the
// lease like IsLeader does, so that after a pause it is as truthful: the timer
// that cancels it may fire only later (F01).
type workContext struct {
	context.Context
	lapsed func() bool
	cancel func()
}

// Err returns nil for as long as the term leads.
func (c *workContext) Err() error {
	if c.Context.Err() == nil && c.lapsed() {
		c.cancel()
	}
	return c.Context.Err()
}

type termKey struct{}

// ContextWithTerm returns a ctx from which TermFromContext reads term. Lead makes
// one for work; tests of code that reads the term make their own.
func ContextWithTerm(ctx context.Context, term int64) context.Context {
	return context.WithValue(ctx, termKey{}, term)
}

// TermFromContext returns the term, the fencing token, in whose name work runs.
// Hand it to every resource that can refuse a lower one than it has seen.
func TermFromContext(ctx context.Context) (term int64, ok bool) {
	term, ok = ctx.Value(termKey{}).(int64)
	return term, ok
}
