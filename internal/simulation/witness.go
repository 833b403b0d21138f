package simulation

import (
	"context"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// witness is a candidate's store, and watches how it is used.
type witness struct {
	*redisstore.Store
	instance *instance
}

// Acquire notes how long the lease lasts at the least.
func (w *witness) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	sent := time.Now()
	state, err := w.Store.Acquire(ctx, bid)
	w.confirm(sent, state, err)
	if err == nil && state.Verdict == leaderelection.Granted {
		w.instance.world.staff.checkGrant(w.instance.process, sent)
	}
	return state, err
}

// Renew does too.
func (w *witness) Renew(ctx context.Context, tenure leaderelection.Tenure) (leaderelection.State, error) {
	sent := time.Now()
	state, err := w.Store.Renew(ctx, tenure)
	w.confirm(sent, state, err)
	return state, err
}

func (w *witness) confirm(sent time.Time, state leaderelection.State, err error) {
	i := w.instance
	i.mu.Lock()
	defer i.mu.Unlock()
	if end := sent.Add(i.world.plan.TTL); err == nil && state.Verdict == leaderelection.Granted && end.After(i.confirmed) {
		i.confirmed = end
	}
}

// Release checks that everything done in the term's name has ended before (P3).
func (w *witness) Release(ctx context.Context, tenure leaderelection.Tenure) error {
	i := w.instance
	i.mu.Lock()
	working := i.working
	i.mu.Unlock()
	if givenBack := tenure.Term == 0; !givenBack && !i.machine.isDead() && (working > 0 || i.election.IsLeader()) {
		i.world.violate("P3, stop before release", "%s releases term %d with %d callbacks and works under way, IsLeader %v",
			i.process, tenure.Term, working, i.election.IsLeader())
	}
	return w.Store.Release(ctx, tenure)
}
