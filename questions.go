package leaderelection

import (
	"context"
	"errors"
	"fmt"
)

// The questions that only the store can answer. Anybody may ask, candidate or
// not, before Start and after it.

// Leader asks the store who leads: ErrNoLeader when nobody does. It blocks until
// the store answers or ctx ends. Right after a crash the answer is still the
// leader that crashed: the store knows no better until its lease ends.
func (e *Election) Leader(ctx context.Context) (*LeaderInfo, error) {
	state, err := call(ctx, ctx, e.otherCalls, func(ctx context.Context) (State, error) {
		return e.store.Read(ctx, e.candidate)
	}, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("leaderelection: asking who leads: %w", err)
	case state.Leader == nil:
		return nil, ErrNoLeader
	default:
		return state.Leader, nil
	}
}

// GetLeaderInfo is Leader within LockTTL.
func (e *Election) GetLeaderInfo() (*LeaderInfo, error) {
	ctx, cancel := e.machine.WithTimeout(context.Background(), e.timing.ttl)
	defer cancel()
	return e.Leader(ctx)
}

// GetLeaderID returns the InstanceID of the leader, "" when nobody leads. It
// blocks until the store answers, for LockTTL at most.
func (e *Election) GetLeaderID() (string, error) {
	info, err := e.GetLeaderInfo()
	switch {
	case errors.Is(err, ErrNoLeader):
		return "", nil
	case err != nil:
		return "", err
	default:
		return info.InstanceID, nil
	}
}

// AwaitLeader blocks until somebody leads and returns who: for programs that are
// ready only then. A store that cannot be reached is asked again, until ctx
// ends; the error then tells both. A *ConfigurationError is returned at once.
func (e *Election) AwaitLeader(ctx context.Context) (*LeaderInfo, error) {
	hints, stopWatching := e.watch(ctx, "")
	defer stopWatching()
	for failures := 0; ; {
		asking, cancel := e.machine.WithTimeout(ctx, e.timing.heartbeat)
		info, err := e.Leader(asking)
		cancel()
		if err == nil || isHopeless(err) {
			return info, err
		}
		wait := e.timing.retry
		if errors.Is(err, ErrNoLeader) {
			failures = 0
		} else {
			failures++
			wait = e.timing.backoff(failures)
		}
		if stopped := hints.sleep(ctx, wait); stopped != nil {
			return nil, errors.Join(stopped, err)
		}
	}
}
