package leaderelection

import (
	"context"
	"errors"
	"time"
)

// candidacy is one run of Start or Lead. Its goroutine owns all its fields but
// done and err.
type candidacy struct {
	*Election
	work func(context.Context) error

	contacted bool      // the store has given an answer
	failing   bool      // its last answer was an error, and that has been logged
	hopeless  bool      // it was one that retrying cannot mend
	following following // what was last reported of who leads
	warning   string    // the store's last warning
	doubts    doubts    // bids that may have been granted
	hints     *hints    // what the store tells by itself

	candidates int // how many take part, as the store last told
	preemption preemption

	stop context.CancelCauseFunc
	done chan struct{} // closed when the run has returned
	err  error         // what it returned; set before done is closed
}

// run takes part until ctx ends, Stop is called or something fails for good.
func (e *Election) run(ctx context.Context, work func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := &candidacy{Election: e, work: work, stop: stop, done: make(chan struct{})}
	if err := e.enter(c); err != nil {
		return err
	}
	defer e.leave(c)
	c.err = c.takeTurns(ctx)
	return c.err
}

// takeTurns is the election: to campaign, to reign, to hand over, and to campaign
// again, whatever ended the term (F32).
func (c *candidacy) takeTurns(ctx context.Context) error {
	if t := c.unfinished; t != nil {
		if err := c.awaitDrained(ctx, t); err != nil {
			return err
		}
	}
	var stopWatching func()
	c.hints, stopWatching = c.watch(ctx, c.candidate.ID)
	defer stopWatching()

	var resigned *term
	for ctx.Err() == nil {
		t, err := c.campaign(ctx, resigned) // blocks until won
		if ctx.Err() != nil && t == nil {
			return nil
		}
		if err != nil {
			return err
		}
		cause := c.reign(t) // blocks until the term ends
		if err := c.handOver(ctx, t, cause); err != nil {
			return err
		}
		resigned = nil
		if errors.Is(cause, ErrResigned) {
			resigned = t
			c.preemption.resigned = true
		}
	}
	return nil
}

// enter makes c the one run of the election.
func (e *Election) enter(c *candidacy) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.stopped:
		return ErrStopped
	case e.running != nil:
		return ErrAlreadyStarted
	}
	e.running = c
	return nil
}

// settleTimeout bounds how long a run that has ended waits for its last log
// records to be written, and for answers it gave up waiting for.
const settleTimeout = time.Second

// leave ends the run, once its store calls and notices have settled.
func (e *Election) leave(c *candidacy) {
	settle, cancel := e.machine.WithTimeout(context.Background(), min(settleTimeout, e.timing.ttl))
	defer cancel()
	e.background.Wait() // each is bounded by timing.giveBackTimeout
	e.announcements.flush(settle)
	e.leaseCalls.idle(settle)
	e.otherCalls.idle(settle)
	e.notices.flush(settle)

	e.mu.Lock()
	e.running = nil
	e.mu.Unlock()
	close(c.done)
}
