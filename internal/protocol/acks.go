package protocol

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/leaderelection"
)

// Option changes what New makes.
type Option func(*Store)

// WithReplicaAcks has a lease count only once so many replicas have it: see the
// stores, which document it.
func WithReplicaAcks(n int, timeout time.Duration) Option {
	return func(s *Store) { s.acks, s.ackTimeout = n, timeout }
}

// errTooFewAcks is an unknown outcome: the primary has executed the request, and
// nobody knows whether it still is the primary.
var errTooFewAcks = errors.New("too few replicas have acknowledged")

// checkAcks refuses a number of replicas that is none.
func (s *Store) checkAcks() error {
	if s.acks < 0 {
		return fmt.Errorf("redis: WithReplicaAcks(%d): use the number of replicas that must have a lease, or leave it out", s.acks)
	}
	return nil
}

// askAcknowledged is ask, for a request by which a lease may be granted: a grant
// counts only if enough replicas have it. A refusal counts without.
func (s *Store) askAcknowledged(ctx context.Context, script *script, keyNames []string, args ...string) (leaderelection.State, error) {
	if s.acks == 0 {
		return s.ask(ctx, script, keyNames, args...)
	}
	var acknowledged int64
	reply, err := s.run(script, keyNames, args, func(e Eval) (reply any, err error) {
		reply, acknowledged, err = s.server.EvalAndWait(ctx, e, s.acks, s.ackTime(ctx))
		return reply, err
	})
	if err != nil {
		return leaderelection.State{}, err
	}
	state, err := stateOf(reply, keyNames)
	if err == nil && state.Verdict == leaderelection.Granted && acknowledged < int64(s.acks) {
		err = fmt.Errorf("redis: election %q: %w: %d of %d", keyNames[0], errTooFewAcks, acknowledged, s.acks)
	}
	return state, err
}

// ackTime is how long WAIT may take: at most half of the time that is left, since a
// refusal, which needs no replica, must still be heard of when they are gone; and a
// script may have to be sent a second time.
func (s *Store) ackTime(ctx context.Context) time.Duration {
	limit := s.ackTimeout
	if deadline, ok := ctx.Deadline(); ok {
		if half := time.Until(deadline) / 2; limit <= 0 || half < limit {
			limit = half
		}
	}
	return max(limit, time.Millisecond) // 0 would be for ever
}
