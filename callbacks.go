package leaderelection

import (
	"runtime/debug"
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
	limit   int           // when it ends: how many become callbacks had been registered; else -1
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
	c.round = &round{failed: failed, limit: -1}
	c.runBecome()
}

// runBecome starts a goroutine for the become callbacks that have not run yet in
// this term, unless one is under way. mu is held.
func (c *callbacks) runBecome() {
	r := c.round
	if r == nil || r.running != nil || r.next == len(c.become) {
		return
	}
	running := make(chan struct{})
	r.running = running
	go func() {
		defer close(running)
		for callback := c.nextBecome(r); callback != nil; callback = c.nextBecome(r) {
			if err := guarded(callback); err != nil {
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
	limit := len(c.become)
	if r.limit >= 0 {
		limit = r.limit
	}
	if r.next >= limit {
		r.running = nil
		return nil
	}
	r.next++
	return c.become[r.next-1]
}

// end ends the term's round: the become callbacks have patience long to return,
// then the lose callbacks run regardless, which is how a become callback that
// blocks learns that it must stop (F25). The returned channel is closed when all
// of them have returned. A become callback that has not begun by then is skipped.
func (c *callbacks) end(patience time.Duration) <-chan struct{} {
	c.mu.Lock()
	r := c.round
	c.round = nil
	r.limit = len(c.become)
	running := r.running
	c.mu.Unlock()

	done := make(chan struct{})
	go func() {
		defer close(done)
		if running != nil {
			select {
			case <-running:
			case <-time.After(patience):
			}
		}
		for _, callback := range c.beginLose(r) {
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

// beginLose bars the become callbacks that have not begun, and returns the lose
// callbacks.
func (c *callbacks) beginLose(r *round) []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.limit = r.next
	return append([]func(){}, c.lose...)
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
