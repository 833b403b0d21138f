package leaderelection

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// handOver ends a term: first IsLeader is false, then the work is told and
// returns, then the lease is given back, so that nobody starts before this
// instance has stopped (P3, F31). While it waits for a voluntary end it goes on
// renewing; after an involuntary one there is nothing left to keep or to give
// back, and it only waits. It returns an error where that must end the candidacy.
func (c *candidacy) handOver(ctx context.Context, t *term, cause error) error {
	t.ended = c.clock()
	c.current.Store(nil)
	t.cancelWork(cause)
	c.notices.observe(Event{Kind: TermEnded, Term: t.term, Err: cause})
	c.notices.log(levelOf(cause), "the term has ended", slog.Int64("term", t.term), slog.Any("cause", cause))

	t.drained = c.drain(t)
	if !isInvoluntary(cause) {
		t.handover = c.keepWhileDraining(t)
	}
	t.released.give()
	return c.awaitDrained(ctx, t)
}

// drain returns a ctx that ends when callbacks and work of the term have returned.
func (c *candidacy) drain(t *term) context.Context {
	drained, done := context.WithCancel(context.Background())
	patience, stop := c.machine.NewTimer(c.timing.margin)
	callbacksDone := c.callbacks.end(patience)
	if callbacksDone == closed && t.workDone == closed {
		stop()
		done()
		return drained
	}
	go func() {
		defer stop()
		<-callbacksDone
		<-t.workDone
		done()
	}()
	return drained
}

// keepWhileDraining renews until everything has returned, and then releases. If
// that takes longer than the drain timeout, it leaves the lease to expire.
func (c *candidacy) keepWhileDraining(t *term) error {
	bounded, cancel := c.machine.WithTimeout(t.drained, c.drainTimeout)
	defer cancel()
	lost := c.keepLease(bounded, t)
	switch {
	case lost != nil:
		c.notices.log(slog.LevelWarn, "the lease ended while the work was still finishing",
			slog.Int64("term", t.term), slog.Any("cause", lost))
		c.notices.observe(Event{Kind: ReleaseFailed, Term: t.term, Err: lost})
		return nil
	case t.drained.Err() == nil:
		c.notices.log(slog.LevelError, "callbacks or work did not return in time; the lease is left to expire",
			slog.Int64("term", t.term), slog.Duration("timeout", c.drainTimeout))
		c.notices.observe(Event{Kind: ReleaseFailed, Term: t.term, Err: ErrDrainTimeout})
		return ErrDrainTimeout
	}
	c.release(t)
	return nil
}

// release gives the lease back, on a ctx of its own: that the caller's ended is
// the most frequent reason to release. It tries again for as long as that takes at the
// most, since not to release would leave nobody leading for the rest of the lease: a
// packet may be lost, and an error that comes at once may pass (go-redis refuses
// to connect for a while after it could not, whether or not the server is back).
func (c *candidacy) release(t *term) {
	sent := c.clock()
	bound := c.timing.releaseTimeout(t.lease.remaining(sent))
	tenure := t.tenure()
	tenure.Reason, tenure.Drained = reasonOf(t.cause()), sent.since(t.ended)
	err := c.sendRelease(tenure, bound/2)
	for pause := bound / 16; err != nil; {
		left := bound - c.clock().since(sent) - pause
		if left <= 0 {
			break
		}
		_ = sleep(context.Background(), c.machine, pause)
		err = c.sendRelease(tenure, left)
	}
	if err != nil {
		c.notices.observe(Event{Kind: ReleaseFailed, Term: t.term, Err: err})
		c.notices.log(slog.LevelWarn, "could not release the lease; it is left to expire",
			slog.Int64("term", t.term), slog.Any("error", err))
		return
	}
	c.notices.observe(Event{Kind: Released, Term: t.term, Elapsed: c.clock().since(sent)})
	c.notices.log(slog.LevelInfo, "released the lease", slog.Int64("term", t.term))
	c.retract(t)
}

// sendRelease asks the store once to release a lease, or what may have become one.
func (c *candidacy) sendRelease(tenure Tenure, timeout time.Duration) error {
	ctx, cancel := c.machine.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, err := call(ctx, ctx, c.leaseCalls, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.store.Release(ctx, tenure)
	}, nil)
	return err
}

// awaitDrained waits until callbacks and work have returned: the next term is not
// sought before, or the same work would run twice in one process (F25). It says
// so while it waits. Once the candidacy itself is to end, it waits for the drain
// timeout at most.
func (c *candidacy) awaitDrained(ctx context.Context, t *term) error {
	stopping, failed, giveUp := ctx.Done(), t.failure.happened.wait(), (<-chan time.Time)(nil)
	every := min(c.timing.ttl, c.drainTimeout)
	notice, stopNotice := c.machine.NewTimer(every)
	defer func() { stopNotice() }()
	for warned := false; ; warned = true {
		select {
		case <-t.drained.Done():
			c.unfinished = nil
			return t.failure.get()
		case <-stopping:
			stopping, giveUp = nil, c.drainTimeoutOf(t)
			continue
		case <-failed:
			failed, giveUp = nil, c.drainTimeoutOf(t)
			continue
		case <-giveUp:
			c.unfinished = t
			if err := t.failure.get(); err != nil {
				return errors.Join(err, ErrDrainTimeout)
			}
			return ErrDrainTimeout
		case <-notice:
			notice, stopNotice = c.machine.NewTimer(every)
		}
		c.notices.observe(Event{Kind: Draining, Term: t.term, Elapsed: c.clock().since(t.ended)})
		if !warned {
			c.notices.log(slog.LevelWarn, "still waiting for callbacks or work of an ended term; no new term is sought until they return",
				slog.Int64("term", t.term))
		}
	}
}

// drainTimeoutOf is when waiting for what was done in the term's name has an end.
func (c *candidacy) drainTimeoutOf(t *term) <-chan time.Time {
	left := c.drainTimeout - c.clock().since(t.ended)
	if left <= 0 {
		over := make(chan time.Time)
		close(over)
		return over
	}
	fired, _ := c.machine.NewTimer(left)
	return fired
}

// isTermCause reports whether err is one of the reasons for which a term ends.
func isTermCause(err error) bool {
	return errors.Is(err, ErrLeaseExpired) || errors.Is(err, ErrDeposed) || errors.Is(err, ErrResigned) || errors.Is(err, ErrStopped)
}

// isInvoluntary reports whether a term that ended for this cause has lost its
// lease. An error of work that ended it may wrap such a cause, of another election
// say, and is none.
func isInvoluntary(cause error) bool {
	failed := (*failedTermError)(nil)
	return !errors.As(cause, &failed) && (errors.Is(cause, ErrLeaseExpired) || errors.Is(cause, ErrDeposed))
}

func levelOf(cause error) slog.Level {
	if isInvoluntary(cause) {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// reasonOf is the cause in one word, for the store's history.
func reasonOf(cause error) string {
	asked := (*StepDownError)(nil)
	switch {
	case errors.Is(cause, ErrStopped):
		return "stopped"
	case errors.As(cause, &asked):
		return "stepped down"
	default:
		return "resigned"
	}
}
