package leaderelection

import (
	"context"
	"slices"
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
	on     machine.Machine
	from   <-chan Hint // nil is silent for ever
	wanted []Hint
	vain   int // how many in a row woke the sleeper, without telling it anything new
}

// watch asks the store for hints, if it gives any, until stop is called.
func (e *Election) watch(ctx context.Context, wanted ...Hint) (h *hints, stop func()) {
	ctx, stop = context.WithCancel(ctx)
	h = &hints{on: e.machine, wanted: wanted}
	if watcher, ok := e.store.(Watcher); ok {
		h.from = watcher.Watch(ctx, e.candidate.Key)
	}
	return h, stop
}

// sleep waits for d, for a hint that is wanted, or for the end of ctx, whose error
// it returns.
func (h *hints) sleep(ctx context.Context, d time.Duration) error {
	deaf := h.deafness(d)
	if err := sleep(ctx, h.on, deaf); err != nil {
		return err
	}
	fired, stop := h.on.NewTimer(d - deaf)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-fired:
			h.vain = 0
			return ctx.Err()
		case hint, open := <-h.from:
			if !open {
				h.from = nil
			} else if slices.Contains(h.wanted, hint) {
				h.vain++
				return ctx.Err()
			}
		}
	}
}

// deafness is how much of a sleep of d is not disturbed by hints: none normally,
// and more and more while they come in vain, so that a flood of them makes no hot
// loop (F21). One in vain is usual: it tells that the watch was established. A
// hint that comes meanwhile waits in its channel.
func (h *hints) deafness(d time.Duration) time.Duration {
	if h.vain < 2 {
		return 0
	}
	return min(time.Millisecond<<min(h.vain-2, 20), d/8)
}
