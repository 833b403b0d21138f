package leaderelection

import (
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// callbacks runs what was registered with OnBecomeLeader and OnLoseLeadership,
// apart from the election and never under a lock. For each term the become
// callbacks run in order, then the lose callbacks; neither twice, and none of
// the latter without the former (F27, F28).
type callbacks struct {
	mu     sync.Mutex
	become []func()
	lose   []func()
	round  *round // of the term that leads; nil between terms
}

// round is one term's run through the callbacks.
type round struct {
	failed func(error) // told of a panic

	next    int           // the become callback that is next
	over    bool          // no further become callback begins
	running chan struct{} // closed when the goroutine that runs them ends; nil if there is none
}

func (c *callbacks) onBecome(callback func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.become = append(c.become, callback)
	c.runBecome() // promptly, if this instance leads already
}

func (c *callbacks) onLose(callback func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lose = append(c.lose, callback)
}

// begin starts the become callbacks of a new term.
func (c *callbacks) begin(failed func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round = &round{failed: failed}
	c.runBecome()
}

// runBecome starts a goroutine for the become callbacks that have not run yet in
// this term, unless one is under way. mu is held.
func (c *callbacks) runBecome() {
	r := c.round
	if r == nil || r.over || r.running != nil || r.next == len(c.become) {
		return
	}
	running := make(chan struct{})
	r.running = running
	go func() {
		defer close(running)
		for callback := c.nextBecome(r); callback != nil; callback = c.nextBecome(r) {
			if err := guarded(callback); err != nil {
				c.stopBecome(r)
				r.failed(err)
			}
		}
	}()
}

// nextBecome takes the next become callback of a round, or marks the round as not
// running and returns nil.
func (c *callbacks) nextBecome(r *round) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.over || r.next == len(c.become) {
		r.running = nil
		return nil
	}
	r.next++
	return c.become[r.next-1]
}

// stopBecome keeps further become callbacks of a round from beginning.
func (c *callbacks) stopBecome(r *round) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.over = true
}

// end ends the term's round: a become callback that runs has until patience is
// up to return, then the lose callbacks run regardless, which is how one that blocks
// learns that it must stop (F25). Become callbacks that have not begun are skipped,
// since this instance does not lead any more; if none has, the lose callbacks have
// nothing to undo and are skipped too (F28). The returned channel is closed when all
// of them have returned.
func (c *callbacks) end(patience <-chan time.Time) chan struct{} {
	c.mu.Lock()
	r := c.round
	c.round = nil
	r.over = true
	running := r.running
	var lose []func()
	if r.next > 0 || len(c.become) == 0 {
		lose = slices.Clone(c.lose)
	}
	c.mu.Unlock()
	if running == nil && len(lose) == 0 {
		return closed // each goroutine more is a moment longer without a leader
	}

	done := make(chan struct{})
	go func() {
		defer close(done)
		if running != nil {
			select {
			case <-running:
			case <-patience:
			}
		}
		for _, callback := range lose {
			if err := guarded(callback); err != nil {
				r.failed(err)
			}
		}
		if running != nil {
			<-running
		}
	}()
	return done
}

// guarded runs f on a goroutine of its own, so that neither a panic in it nor a
// runtime.Goexit reaches the election, and returns a *PanicError for either.
func guarded(f func()) error {
	result := make(chan error, 1)
	go func() {
		returned := false
		defer func() {
			if returned {
				result <- nil
				return
			}
			value := recover()
			if value == nil {
				value = "runtime.Goexit"
			}
			result <- &PanicError{Value: value, Stack: debug.Stack()}
		}()
		f()
		returned = true
	}()
	return <-result
}
