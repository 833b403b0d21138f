package redisstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// EvalAndWait executes a script and WAIT on one connection: a pipeline's.
func (s *server) EvalAndWait(ctx context.Context, e protocol.Eval, replicas int, timeout time.Duration) (reply any, acknowledged int64, err error) {
	defer s.overdue.watch(ctx, func() {})()
	defer func() { s.lookAgain(ctx, err) }()
	node, err := s.primary(ctx, e.Keys[0])
	if err != nil {
		return nil, 0, err
	}
	w := waiting{e, replicas, timeout}
	reply, acknowledged, err = w.on(ctx, node, false)
	if elsewhere, asking := s.redirected(ctx, err); elsewhere != nil {
		reply, acknowledged, err = w.on(ctx, elsewhere, asking)
	}
	return reply, acknowledged, err
}

// primary returns the server that has the key's slot. go-redis sends a WAIT that is
// given to a ClusterClient to any node, where it means nothing.
func (s *server) primary(ctx context.Context, key string) (*redis.Client, error) {
	switch client := s.client.(type) {
	case *redis.Client:
		return client, nil
	case *redis.ClusterClient:
		return client.MasterForKey(ctx, key)
	default:
		return nil, fmt.Errorf("redisstore: WithReplicaAcks does not know how to find the connection of a %T", client)
	}
}

// redirected follows an answer of a node that has another have the slot (MOVED), or
// these keys of it, while it is being moved (ASK): a ClusterClient does so by itself,
// but not for one node's pipeline (F20).
func (s *server) redirected(ctx context.Context, err error) (node *redis.Client, asking bool) {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok || err == nil {
		return nil, false
	}
	addr, moved := redis.IsMovedError(err)
	if !moved {
		addr, asking = redis.IsAskError(err)
	}
	if !moved && !asking {
		return nil, false
	}
	var mu sync.Mutex
	_ = cluster.ForEachMaster(ctx, func(_ context.Context, master *redis.Client) error {
		if master.Options().Addr == addr {
			mu.Lock()
			node = master
			mu.Unlock()
		}
		return nil
	})
	return node, asking
}

// waiting is a script whose effect replicas are to have.
type waiting struct {
	protocol.Eval
	replicas int
	timeout  time.Duration
}

func (w waiting) on(ctx context.Context, node *redis.Client, asking bool) (reply any, acknowledged int64, err error) {
	timeout := w.timeout
	if patience := node.Options().ReadTimeout; patience > 0 {
		timeout = max(min(timeout, patience/2), time.Millisecond) // or the client gives up before WAIT does, and a refusal is never heard
	}
	var script, wait *redis.Cmd
	_, connecting := node.Pipelined(ctx, func(p redis.Pipeliner) error {
		if asking {
			p.Do(ctx, "ASKING")
		}
		script = eval(ctx, p, w.Eval)
		wait = p.Do(ctx, "WAIT", w.replicas, timeout.Milliseconds())
		return nil
	})
	if reply, err = script.Result(); err != nil {
		return nil, 0, err
	}
	if reply == nil {
		return nil, 0, connecting // see exchange
	}
	if acknowledged, err = wait.Int64(); err != nil {
		return nil, 0, fmt.Errorf("WAIT: %w", err)
	}
	return reply, acknowledged, nil
}
