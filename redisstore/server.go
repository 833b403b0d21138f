package redisstore

import (
	"context"
	"errors"
	"math/bits"
	"sync"
	"time"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// server is Redis as go-redis reaches it.
type server struct {
	client  redis.UniversalClient
	overdue overdue

	mu    sync.Mutex
	lanes map[destination]*lane
}

// destination is where a lane leads to, and how long its calls may take.
type destination struct {
	addr string // of a Cluster's node; "" where there is one server
	// time is the number of bits of the milliseconds that a call has. A round trip
	// that hangs keeps its place on the lane until its most patient call gives up:
	// so nobody waits for one that has more than twice as much.
	time int
}

// Check refuses clients that can never work.
func (s *server) Check() error {
	switch client := s.client.(type) {
	case nil:
		return errors.New("redisstore: New needs a client: redis.NewClient(options), for one")
	case *redis.Ring:
		return errors.New("redisstore: a redis.Ring moves keys to another server by itself, where no lease is known: use one server, Sentinel or Cluster")
	case *redis.Client:
		if client == nil {
			return errors.New("redisstore: the client is a nil *redis.Client")
		}
	case *redis.ClusterClient:
		if client == nil {
			return errors.New("redisstore: the client is a nil *redis.ClusterClient")
		}
	}
	return nil
}

// Eval executes a script, in one round trip with others where some wait.
func (s *server) Eval(ctx context.Context, e protocol.Eval) (any, error) {
	if l := s.laneTo(ctx, e.Keys[0]); l != nil {
		reply, err := l.do(ctx, e)
		if !isElsewhere(err) || ctx.Err() != nil {
			return reply, err
		}
	}
	defer s.overdue.watch(ctx, func() {})()
	alone := &call{eval: e}
	s.exchange(ctx, []*call{alone})
	return alone.reply, alone.err
}

// laneTo returns the lane to the server that has the key, nil where the call goes
// alone: one without a deadline could hold others up for ever, and so could one to
// who knows which of a Cluster's servers (F34).
func (s *server) laneTo(ctx context.Context, key string) *lane {
	deadline, limited := ctx.Deadline()
	if !limited {
		return nil
	}
	to := destination{time: bits.Len64(uint64(max(0, time.Until(deadline).Milliseconds())))} //nolint:gosec // not negative
	switch client := s.client.(type) {
	case *redis.Client:
	case *redis.ClusterClient:
		master, err := client.MasterForKey(ctx, key)
		if err != nil {
			return nil
		}
		to.addr = master.Options().Addr
	default:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lanes[to] == nil {
		if s.lanes == nil {
			s.lanes = make(map[destination]*lane)
		}
		s.lanes[to] = &lane{exchange: s.exchange, overdue: &s.overdue}
	}
	return s.lanes[to]
}

// exchange executes what a round trip carries.
func (s *server) exchange(ctx context.Context, batch []*call) {
	if len(batch) == 1 { // as a command of its own, which a client may send again where it wouldn't a pipeline
		only := batch[0]
		only.reply, only.err = eval(ctx, s.client, only.eval).Result()
		s.lookAgain(ctx, only.err)
		return
	}
	commands := make([]*redis.Cmd, len(batch))
	node, err := s.pipeliner(ctx, batch[0].eval.Keys[0])
	if err == nil {
		_, err = node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, c := range batch {
				commands[i] = eval(ctx, p, c.eval)
			}
			return nil
		})
	}
	for i, c := range batch {
		if commands[i] != nil {
			c.reply, c.err = commands[i].Result()
		}
		if c.reply == nil && c.err == nil {
			c.err = err // of the connection, which go-redis doesn't tell each command if it was Redis's own (WRONGPASS)
		}
	}
	s.lookAgain(ctx, err)
}

// pipeliner returns what takes a pipeline to the server that has the key: of a Cluster,
// the node's own client. A ClusterClient that is redirected sends a pipeline again, and
// may give one command to two goroutines (go-redis 9.23). What has moved is asked for
// again alone, which it does well.
func (s *server) pipeliner(ctx context.Context, key string) (redis.Cmdable, error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return s.client, nil
}

// isElsewhere reports whether a node of a Cluster has not executed a script since
// another has the keys, or some of them (F20).
func isElsewhere(err error) bool {
	if err == nil {
		return false
	}
	_, moved := redis.IsMovedError(err)
	_, asking := redis.IsAskError(err)
	return moved || asking || redis.IsTryAgainError(err)
}

// lookAgain has the client of a Cluster find out who has which slot, after an error
// that may come of not knowing. It does so by itself only after it has given a dead
// node up, for which a renewal's time is too short, or follows an answer.
func (s *server) lookAgain(ctx context.Context, err error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok && err != nil {
		cluster.ReloadState(ctx) // returns at once
	}
}

func eval(ctx context.Context, on redis.Scripter, e protocol.Eval) *redis.Cmd {
	args := make([]any, len(e.Args))
	for i, arg := range e.Args {
		args[i] = arg
	}
	if e.ByHash {
		return on.EvalSha(ctx, e.Script, e.Keys, args...)
	}
	return on.Eval(ctx, e.Script, e.Keys, args...)
}

// Get reads a key.
func (s *server) Get(ctx context.Context, key string) ([]byte, error) {
	return s.client.Get(ctx, key).Bytes()
}
