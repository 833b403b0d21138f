package leaderelection

import (
	"context"
	"slices"
	"time"
)

// sleep waits for d, for one of the hints wanted, or for the end of ctx, whose error it
// returns.
func sleep(ctx context.Context, d time.Duration, hints <-chan Hint, wanted ...Hint) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return ctx.Err()
		case hint, open := <-hints:
			if !open {
				hints = nil
			} else if slices.Contains(wanted, hint) {
				return ctx.Err()
			}
		}
	}
}

// watch asks the store for hints, if it gives any, until stop is called. A nil
// channel is silent for ever.
func (e *Election) watch(ctx context.Context) (hints <-chan Hint, stop func()) {
	ctx, stop = context.WithCancel(ctx)
	if watcher, ok := e.store.(Watcher); ok {
		hints = watcher.Watch(ctx, e.candidate.Key)
	}
	return hints, stop
}
