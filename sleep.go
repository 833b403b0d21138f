package leaderelection

import (
	"context"
	"sync"
	"time"

	"example.com/leaderelection/internal/machine"
)

// sleep waits for d by the timers of a machine, or for the end of ctx, whose error
// it returns.
func sleep(ctx context.Context, on machine.Machine, d time.Duration) error {
	if d <= 0 {
		return ctx.Err() // and no timer: one that is due at once can crash Go 1.26.8 in a synctest bubble under -race
	}
	fired, stop := on.NewTimer(d)
	defer stop()
	select {
	case <-ctx.Done():
	case <-fired:
	}
	return ctx.Err()
}

// hints are what may end a sleep early.
type hints struct {
	on   machine.Machine
	from <-chan Hint   // nil is silent for ever
	turn time.Duration // how long it sleeps on where others may have the same reason to wake
	vain int           // how many in a row woke the sleeper, without telling it anything new
}

// watch asks the store for hints, if it gives any, until stop is called. With an id,
// they are those of the candidate; without, an onlooker's.
func (e *Election) watch(ctx context.Context, id string) (h *hints, stop func()) {
	watching := &watchContext{Context: ctx, done: make(chan struct{})}
	h = &hints{on: e.machine}
	if watcher, ok := e.store.(Watcher); ok {
		h.from = watcher.Watch(watching, e.candidate.Key, id)
	}
	return h, watching.stop
}

// watchContext is what a watch lasts for: until stop, which whoever began it calls in
// the end. It is made for Watchers that use context.AfterFunc: a ctx of
// context.WithCancel would keep a map for that, of every follower a map with one
// element, which is a fortieth of all its memory.
type watchContext struct {
	context.Context // for its values
	done            chan struct{}

	mu    sync.Mutex
	err   error
	after []func()
}

func (w *watchContext) Done() <-chan struct{} { return w.done }

func (w *watchContext) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// AfterFunc is what package context looks for. f runs on a goroutine of its own once
// the watch has ended, unless stop is called before.
func (w *watchContext) AfterFunc(f func()) (stop func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		go f()
		return func() bool { return false }
	}
	i := len(w.after)
	w.after = append(w.after, f)
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		pending := w.err == nil && w.after[i] != nil
		if pending {
			w.after[i] = nil
		}
		return pending
	}
}

func (w *watchContext) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.err = context.Canceled
	close(w.done)
	for _, f := range w.after {
		if f != nil {
			go f()
		}
	}
}

// forget drops a hint that has come already: what is worth an attempt is made now.
func (h *hints) forget() {
	h.vain = 0
	select {
	case _, open := <-h.from:
		if !open {
			h.from = nil
		}
	default:
	}
}

// order waits for d, or until the leader is told that it is asked for something, which it
// then returns.
func (h *hints) order(ctx context.Context, d time.Duration) (ordered bool, err error) {
	if d <= 0 {
		return false, ctx.Err() // as in sleep
	}
	hint, err := h.next(ctx, d, func(hint Hint) bool { return hint == HintOrder })
	return hint == HintOrder, err
}

// sleep waits for d, for a hint, or for the end of ctx, whose error it returns.
func (h *hints) sleep(ctx context.Context, d time.Duration) error {
	deaf := h.deafness(d)
	if err := sleep(ctx, h.on, deaf); err != nil {
		return err
	}
	hint, err := h.wait(ctx, d-deaf)
	if err == nil && hint == HintMissed && h.turn > 0 {
		// So have all candidates that lost their connections together.
		vain := h.vain
		_, err = h.wait(ctx, min(h.turn, d-deaf))
		h.vain = max(h.vain, vain) // also if it was the turn that woke it
	}
	return err
}

// none is the hint of a wait that nothing ended early.
const none Hint = -1

// wait returns the hint that ended it.
func (h *hints) wait(ctx context.Context, d time.Duration) (Hint, error) {
	hint, err := h.next(ctx, d, func(Hint) bool { return true })
	switch {
	case hint != none:
		h.vain++
	case err == nil:
		h.vain = 0
	}
	return hint, err
}

// next returns the next hint that is wanted, none if d has passed or ctx has ended before.
func (h *hints) next(ctx context.Context, d time.Duration, wanted func(Hint) bool) (Hint, error) {
	fired, stop := h.on.NewTimer(d)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case <-fired:
			return none, ctx.Err()
		case hint, open := <-h.from:
			switch {
			case !open:
				h.from = nil
			case wanted(hint):
				return hint, ctx.Err()
			}
		}
	}
}

// longestDeafness is less than a store keeps a vacancy for a candidate that was named.
const longestDeafness = 250 * time.Millisecond

// deafness is how much of a sleep of d is not disturbed by hints: none normally,
// and more and more while they come in vain, so that a flood of them makes no hot
// loop (F21). One in vain is usual: it tells that the watch was established. A
// hint that comes meanwhile waits in its channel.
func (h *hints) deafness(d time.Duration) time.Duration {
	if h.vain < 2 {
		return 0
	}
	return min(time.Millisecond<<min(h.vain-2, 20), d/8, longestDeafness)
}
