package leaderelection

import (
	"context"
	"errors"
	"sync"
	"time"
)

// term is one unbroken leadership of this instance: from winning the lease until
// everything that was done in its name has returned.
type term struct {
	candidate *Candidate
	claim     string
	term      int64
	since     time.Time // when it began, by the store's clock

	// lease is what the candidacy renews. It belongs to the candidacy's
	// goroutine. While the term leads, Election.current is the same pointer.
	lease       *lease
	sent        instant // when the bid was
	nextRenewal instant

	// ending is done once the term is asked to end, with the first reason given.
	ending       context.Context
	cancelEnding context.CancelCauseFunc

	// work is what Lead's work sees; it is cancelled once IsLeader is false. It is nil
	// where there is none.
	work       *workContext
	cancelWork context.CancelCauseFunc

	workDone chan struct{} // closed when work has returned
	released signal        // the lease is given back, or left to expire
	handover error         // ErrDrainTimeout or nil; set before released

	ended   instant         // when handOver took the lead away; zero before
	drained context.Context // done when callbacks and work have returned; nil before handOver

	failure failure
}

// failure keeps the first panic or error that ends not the term only, but the
// candidacy.
type failure struct {
	mu       sync.Mutex
	err      error
	happened signal
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
		f.happened.give()
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// signal tells that something has happened. It has a channel only where somebody
// waits for it: most terms end without that.
type signal struct {
	mu    sync.Mutex
	over  bool
	given chan struct{} // nil while nobody waits
}

func (s *signal) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over = true; s.given != nil {
		close(s.given)
	}
}

// wait returns a channel that is closed once the signal is given.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return closed
	case s.given == nil:
		s.given = make(chan struct{})
	}
	return s.given
}

// newTerm lets a term begin, of a lease that was granted by a request sent at sent. It
// ends when run ends. There is nothing to do in it yet: see prepareWork.
func newTerm(run context.Context, t *term, timing timing, sent instant) *term {
	t.sent, t.nextRenewal = sent, timing.firstRenewal(sent)
	t.cancelWork, t.workDone = func(error) {}, closed
	t.lease = &lease{owner: t, deadline: timing.deadline(sent)}
	t.ending, t.cancelEnding = context.WithCancelCause(run)
	return t
}

// tenure is the term as the store knows it.
func (t *term) tenure() Tenure {
	return Tenure{Candidate: *t.candidate, Claim: t.claim, Term: t.term, Since: t.since}
}

// prepareWork makes the ctx of Lead's work. work must not learn of the end before
// IsLeader answers false, so it is not a child of run: it only inherits the values,
// which the caller of Lead put there. leading returns the lease by which this
// instance leads now.
func (t *term) prepareWork(run context.Context, leading func() *lease) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(run))
	t.workDone = make(chan struct{})
	t.cancelWork = cancel
	t.work = &workContext{
		Context: ContextWithTerm(inner, t.term),
		lapsed:  func() bool { l := leading(); return l == nil || l.owner != t },
		cancel:  func() { cancel(t.cause()) },
	}
}

// closed is the channel of what is over already.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// handedOver reports whether the term has been taken from the leader: renewals then
// only keep others out while it steps down.
func (t *term) handedOver() bool { return t.ended != instant{} }

// end asks the term to end, for one of the reasons for which terms end. The first
// one given counts.
func (t *term) end(reason error) { t.cancelEnding(&endedTermError{reason}) }

// endedTermError tells a reason that was given to this term from the cause of a
// ctx it runs in. That may be the end of a term too, where one election is led
// within the work of another.
type endedTermError struct{ reason error }

func (e *endedTermError) Error() string { return e.reason.Error() }

// cause is why the term ends or ended.
func (t *term) cause() error {
	own := (*endedTermError)(nil)
	switch cause := context.Cause(t.ending); {
	case cause == nil:
		return ErrLeaseExpired // nobody asked for the end, so the clock brought it
	case errors.As(cause, &own):
		return own.reason
	default:
		return ErrStopped // Stop, or the ctx of Start ended, with whatever cause of its own
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

// Err returns nil for as long as the term leads. What it finds lapsed it takes
// away, like IsLeader: neither may come back when the clock is set back (F03).
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
