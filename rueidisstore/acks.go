package rueidisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/rueidis"
)

// EvalAndWait executes a script and WAIT on one connection, which is nobody else's
// meanwhile: WAIT holds up whatever is behind it.
func (s *server) EvalAndWait(ctx context.Context, e protocol.Eval, replicas int, timeout time.Duration) (reply any, acknowledged int64, err error) {
	w := waiting{e, replicas, timeout}
	err = untilConnected(ctx, func() error {
		reply, acknowledged, err = s.evalAndWait(ctx, w)
		return err
	})
	return reply, acknowledged, err
}

func (s *server) evalAndWait(ctx context.Context, w waiting) (reply any, acknowledged int64, err error) {
	if s.client.Mode() != rueidis.ClientModeCluster {
		// Blocking commands, of which WAIT is one, go to a connection of the blocking
		// pool, together with all that they are given with. Dedicate would do the same,
		// but connect without regard to ctx.
		return w.on(ctx, s.client, false)
	}
	// A Cluster's client would follow MOVED with the script alone, and have WAIT ask the
	// node that did not execute it. A dedicated one follows nothing, and connects to the
	// node that has the slot of its first keyed command.
	dedicated, release := s.client.Dedicate()
	defer release()
	reply, acknowledged, err = w.on(ctx, dedicated, false)
	if node, asking := s.redirected(err); node != nil {
		reply, acknowledged, err = w.on(ctx, node, asking)
	}
	return reply, acknowledged, err
}

// redirected follows an answer of a node that has another have the slot (MOVED), or
// these keys of it, while it is being moved (ASK) (F20). A node that rueidis doesn't
// know yet is one it is about to find, having seen the answer too.
func (s *server) redirected(err error) (node rueidis.Client, asking bool) {
	var answer *rueidis.RedisError
	if !errors.As(err, &answer) {
		return nil, false
	}
	addr, moved := answer.IsMoved()
	if !moved {
		addr, asking = answer.IsAsk()
	}
	return s.client.Nodes()[addr], asking
}

// waiting is a script whose effect replicas are to have.
type waiting struct {
	protocol.Eval
	replicas int
	timeout  time.Duration
}

func (w waiting) on(ctx context.Context, client rueidis.CommandClient, asking bool) (reply any, acknowledged int64, err error) {
	var commands []rueidis.Completed
	if asking {
		commands = append(commands, client.B().Asking().Build())
	}
	commands = append(commands, script(client, w.Eval),
		client.B().Wait().Numreplicas(int64(w.replicas)).Timeout(w.timeout.Milliseconds()).Build())
	results := client.DoMulti(ctx, commands...)
	results = results[len(results)-2:]
	if reply, err = replyOf(results[0]); err != nil {
		return nil, 0, err
	}
	if acknowledged, err = results[1].AsInt64(); err != nil {
		return nil, 0, fmt.Errorf("WAIT: %w", asRedisPutsIt(err))
	}
	return reply, acknowledged, nil
}
