package leaderelection

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// reign is a leader's life: it lets the work begin, and renews the lease until
// the term ends. It returns why.
func (c *candidacy) reign(t *term) error {
	c.following = following{}
	c.current.Store(t.lease)
	c.notices.observe(Event{Kind: Elected, Term: t.term, Elapsed: c.clock().since(t.sent)})
	c.notices.log(slog.LevelInfo, "leading", slog.Int64("term", t.term))
	c.callbacks.begin(t.fail)
	c.startWork(t)
	c.announce(t, t.since)
	if err := c.keepLease(t.ending, t); err != nil {
		t.end(err)
	}
	return t.cause()
}

// startWork runs Lead's work for the term, if there is one.
func (c *candidacy) startWork(t *term) {
	if c.work == nil {
		return
	}
	go func() {
		defer close(t.workDone)
		var err error
		if panicked := guarded(func() { err = c.work(t.work) }); panicked != nil {
			err = panicked
		}
		// Err, not Done: it may have been work that saw the lease lapse first (F32).
		switch ended := t.work.Err() != nil; {
		case !ended && err != nil:
			t.fail(err)
		case !ended:
			t.end(ErrResigned) // done: let somebody have the next turn
		case err != nil:
			c.failedAfterEnd(t, err)
		}
	}()
}

// failedAfterEnd deals with an error that work returned after it had been told to
// stop. A panic is never swallowed, and at a Stop the caller is there to be told;
// otherwise it is most likely a consequence of the end, and taking this instance
// out of the election for it would leave nobody to lead (F32).
func (c *candidacy) failedAfterEnd(t *term, err error) {
	panicked := (*PanicError)(nil)
	switch {
	case errors.As(err, &panicked):
		t.failure.set(err)
	case errors.Is(err, context.Canceled) || isTermCause(err): // it only says that the term ended
	case errors.Is(t.cause(), ErrStopped):
		t.failure.set(err)
	default:
		c.notices.log(slog.LevelWarn, "work returned an error after its term had ended",
			slog.Int64("term", t.term), slog.Any("error", err))
	}
}

// keepLease renews the lease until ctx ends, and then returns nil. It returns
// ErrLeaseExpired or ErrDeposed when the lease ends before that, and a *StepDownError
// when the leader is asked to step down. No wait in it, and no call, lasts beyond the
// lease's deadline (F04, P5).
func (c *candidacy) keepLease(ctx context.Context, t *term) error {
	for ordered := false; ; {
		present := c.clock()
		wait := min(t.nextRenewal.since(present), t.lease.remaining(present))
		var err error
		if ordered || t.handedOver() {
			// It has asked already what the order is, and a flood of such hints is worth no
			// more than that (F21); or it does all that it could be asked for.
			ordered, err = false, sleep(ctx, c.machine, wait)
		} else {
			ordered, err = c.hints.order(ctx, wait)
		}
		if err != nil {
			return nil
		}
		sent := c.clock()
		if !t.lease.validAt(sent) {
			return ErrLeaseExpired
		}
		state, err := c.renew(ctx, t, c.timing.callTimeout(t.lease.remaining(sent)))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			c.renewalFailed(t, err, sent)
		case state.Verdict != Granted:
			return ErrDeposed
		case !c.extend(t, sent):
			return ErrLeaseExpired
		default:
			c.renewed(t, state, sent)
			if state.Asked != nil && !t.handedOver() {
				return state.Asked
			}
		}
	}
}

// renew asks the store once. An answer that comes late is ignored: success after
// the deadline must not extend anything.
func (c *candidacy) renew(ctx context.Context, t *term, timeout time.Duration) (State, error) {
	limit, cancel := c.within(ctx, timeout)
	defer cancel()
	request := func(ctx context.Context) (State, error) { return c.store.Renew(ctx, t.tenure()) }
	return call(ctx, limit, c.leaseCalls, request, nil)
}

// extend makes the renewal count: from its sending (F05), and only if the lease
// has not lapsed meanwhile by either clock. Where IsLeader found it lapsed first,
// current is nil and the swap fails, so that what IsLeader once denied stays
// denied.
func (c *candidacy) extend(t *term, sent instant) bool {
	present := c.clock()
	next := &lease{owner: t, deadline: c.timing.deadline(sent)}
	if !t.lease.validAt(present) || !next.validAt(present) {
		return false
	}
	if !t.handedOver() && !c.current.CompareAndSwap(t.lease, next) {
		return false
	}
	t.lease = next
	return true
}

func (c *candidacy) renewed(t *term, state State, sent instant) {
	t.nextRenewal = c.timing.nextRenewal(sent)
	if c.failing { // so have all that share the store been, and been answered together
		t.nextRenewal = c.timing.firstRenewal(sent)
	}
	c.answered(state)
	c.notices.observe(Event{Kind: Renewed, Term: t.term, Elapsed: c.clock().since(sent)})
	c.announce(t, state.Now)
}

func (c *candidacy) renewalFailed(t *term, err error, sent instant) {
	present := c.clock()
	t.nextRenewal = present.plus(c.timing.renewalRetry(t.lease.remaining(present)))
	c.notices.observe(Event{Kind: RenewalFailed, Term: t.term, Elapsed: present.since(sent), Err: err})
	if c.fails(isHopeless(err)) {
		c.notices.log(slog.LevelWarn, "cannot renew the lease; trying again until it ends",
			slog.Int64("term", t.term), slog.Duration("remaining", t.lease.remaining(present)), slog.Any("error", err))
	}
}
