//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"example.com/leaderelection"
)

// hindrance is why this instance does not lead, as the last bid has shown: what --wait ends
// with.
type hindrance struct{ last atomic.Pointer[bidAnswer] }

type bidAnswer struct {
	state leaderelection.State
	err   error
}

// watch returns the store, and has its answers to bids remembered.
func (h *hindrance) watch(store pulsing) leaderelection.Store { return bidding{store, h} }

type bidding struct {
	pulsing
	met *hindrance
}

func (b bidding) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	state, err := b.pulsing.Acquire(ctx, bid)
	if !errors.Is(err, context.Canceled) { // by the end of the wait
		b.met.last.Store(&bidAnswer{state, err})
	}
	return state, err
}

func (h *hindrance) String() string {
	last := h.last.Load()
	if last == nil {
		return "Redis has not answered"
	}
	state := last.state
	switch {
	case last.err != nil:
		return last.err.Error()
	case state.Verdict == leaderelection.Paused && state.Pause != nil:
		return "elections are paused by " + shown(state.Pause.By)
	case state.Leader != nil:
		return shown(state.Leader.InstanceID) + " leads"
	case state.Verdict == leaderelection.Quarantined:
		return fmt.Sprintf("nobody may lead yet, for %s, since Redis may have forgotten a lease", roughly(state.Remaining))
	default:
		return "another candidate has the first right to lead"
	}
}
