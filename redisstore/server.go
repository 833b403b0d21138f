package redisstore

import (
	"context"
	"errors"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// server is Redis as go-redis reaches it.
type server struct {
	client redis.UniversalClient
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

// Eval executes a script.
func (s *server) Eval(ctx context.Context, e protocol.Eval) (any, error) {
	reply, err := eval(ctx, s.client, e).Result()
	s.lookAgain(ctx, err)
	return reply, err
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
