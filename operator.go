package leaderelection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/leaderelection/internal/machine"
)

// Operator steers an election from outside, as `leader step-down`, `pause` and `resume`
// do. It need not take part. All of its methods may be called by several goroutines.
type Operator struct {
	Store Store  // that is a Steerer, as redisstore's is
	Key   string // Config.RedisKeyName, the election's name
	Name  string // who asks: it goes into the history, and to the leader that is asked
}

// Succession is who followed whom.
type Succession struct {
	From, To LeaderInfo

	// Leaderless is how long nobody led in between: while the work of the one was stopping,
	// and until the other was granted the lease, to the millisecond. Negative if the store
	// doesn't tell.
	Leaderless time.Duration
}

// askEvery is how often an Operator looks who leads, beside being told.
const askEvery = 250 * time.Millisecond

// StepDown asks the leader to finish its work and to hand over, to the candidate of
// that InstanceID if one is given: it then has the first right for a second, and after
// that anyone. It blocks until somebody leads in another term, or ctx ends: the order
// then stands, and the leader goes on with it. If there is no other candidate, the
// leader sits out a RetryInterval and leads again.
//
// Who leads already steps down for nobody: StepDown then returns at once, with it as
// both From and To, and Leaderless 0. The error is ErrNoLeader where nobody leads,
// ErrNotCandidate where nobody of that InstanceID is present.
func (o Operator) StepDown(ctx context.Context, to string) (Succession, error) {
	var hints hints
	hints.on = machine.Real{}
	if watcher, ok := o.Store.(Watcher); ok {
		watching, stop := context.WithCancel(ctx)
		defer stop()
		hints.from = watcher.Watch(watching, o.Key, "")
	}
	from, err := o.askToStepDown(ctx, to)
	if err != nil || from.InstanceID == to {
		return Succession{From: from, To: from}, err
	}
	for {
		if err := hints.sleep(ctx, askEvery); err != nil {
			return Succession{From: from}, fmt.Errorf("leaderelection: %s was asked to step down, and nobody has succeeded it yet: %w", from.InstanceID, err)
		}
		hints.vain = 0
		state, err := o.Store.Read(ctx, Candidate{Key: o.Key})
		if isHopeless(err) {
			return Succession{From: from}, err
		}
		if err == nil && state.Leader != nil && succeeds(state.Leader, &from) {
			return Succession{From: from, To: *state.Leader, Leaderless: o.leaderless(ctx, from, *state.Leader)}, nil
		}
	}
}

// succeeds reports whether a leader is another than before, or the same in another term.
// A program without terms has none; nor has a leader whose record was just lost.
func succeeds(now, before *LeaderInfo) bool {
	return now.Term > before.Term || now.Term == 0 && now.InstanceID != before.InstanceID
}

// awaitCandidate is how long a candidate may take to be one again that has just stepped
// down itself, or has just been started.
const awaitCandidate = time.Second

// askToStepDown returns who was asked. The order is for the term that it has seen, since
// a client may send it twice: the successor is not to step down too.
func (o Operator) askToStepDown(ctx context.Context, to string) (LeaderInfo, error) {
	for until := time.Now().Add(awaitCandidate); ; {
		seen, err := o.Store.Read(ctx, Candidate{Key: o.Key})
		if err != nil {
			return LeaderInfo{}, fmt.Errorf("leaderelection: asking who leads: %w", err)
		}
		if seen.Leader == nil {
			return LeaderInfo{}, ErrNoLeader
		}
		if seen.Leader.InstanceID == to {
			return *seen.Leader, nil
		}
		state, err := o.steer(ctx, Order{Kind: OrderStepDown, To: to, Term: seen.Leader.Term})
		switch {
		case errors.Is(err, ErrNotCandidate) && time.Now().Before(until):
			if err := sleep(ctx, machine.Real{}, askEvery/5); err != nil {
				return LeaderInfo{}, err
			}
		case err != nil:
			return LeaderInfo{}, err
		case state.Verdict == Granted, state.Verdict == Lost:
			return *seen.Leader, nil
		case state.Leader == nil:
			return LeaderInfo{}, ErrNoLeader
		default:
			return LeaderInfo{}, o.refusal(state)
		}
	}
}

// leaderless finds out from the history how long nobody led between two terms.
func (o Operator) leaderless(ctx context.Context, from, to LeaderInfo) time.Duration {
	inspector, ok := o.Store.(Inspector)
	if !ok {
		return -1
	}
	inspection, err := inspector.Inspect(ctx, o.Key, 10)
	if err != nil {
		return -1
	}
	var ended, began time.Time
	var drained time.Duration
	for _, term := range inspection.Terms {
		switch term.Term {
		case from.Term:
			ended, drained = term.Ended, term.Drained
		case to.Term:
			began = term.Began
		}
	}
	if ended.IsZero() || began.IsZero() {
		return -1
	}
	return drained + max(0, began.Sub(ended))
}

// Pause has nobody elected for so long, until Resume if lasts is 0. The leader, if there
// is one, is asked to step down, unless keepLeader says that it may lead on: it is then
// only not succeeded. Pause returns as soon as that is noted; State.Leader is who then
// leads yet.
//
// A pause is kept with the election's other data: a Redis that loses them elects again.
func (o Operator) Pause(ctx context.Context, lasts time.Duration, keepLeader bool) (State, error) {
	if lasts < 0 {
		return State{}, fmt.Errorf("leaderelection: Pause for %v: use a time greater than zero, or 0 for until Resume", lasts)
	}
	state, err := o.steer(ctx, Order{Kind: OrderPause, For: lasts, KeepLeader: keepLeader})
	if err == nil && state.Verdict != Granted {
		err = o.refusal(state)
	}
	return state, err
}

// Resume ends a pause, and reports whether there was one.
func (o Operator) Resume(ctx context.Context) (bool, error) {
	state, err := o.steer(ctx, Order{Kind: OrderResume})
	return state.Verdict == Granted, err
}

func (o Operator) steer(ctx context.Context, order Order) (State, error) {
	steerer, ok := o.Store.(Steerer)
	if !ok {
		return State{}, fmt.Errorf("leaderelection: %T cannot be steered: use a Store that is a Steerer", o.Store)
	}
	order.By = o.Name
	if order.By == "" {
		return State{}, errors.New("leaderelection: Operator needs a Name: who asks goes into the history")
	}
	state, err := steerer.Steer(ctx, o.Key, order)
	if err != nil && !errors.Is(err, ErrNotCandidate) && !isHopeless(err) {
		err = fmt.Errorf("leaderelection: asking for a %v: %w", order.Kind, err)
	}
	return state, err
}

// refusal says why an order was not taken.
func (o Operator) refusal(state State) error {
	switch {
	case state.Verdict == Paused && state.Pause != nil:
		return fmt.Errorf("leaderelection: %q is paused by %s, so that nobody could succeed %s: resume it first", o.Key, state.Pause.By, state.Leader.InstanceID)
	case state.Verdict == Quarantined:
		return fmt.Errorf("leaderelection: the store may have forgotten a lease of %q, so that nobody could succeed %s for another %v: ask again then", o.Key, state.Leader.InstanceID, state.Remaining)
	case state.Leader != nil && state.Leader.Term == 0:
		return fmt.Errorf("leaderelection: %q is held by %s, a program without this library, which cannot be asked", o.Key, state.Leader.InstanceID)
	default:
		return fmt.Errorf("leaderelection: the store answered %v", state.Verdict)
	}
}
