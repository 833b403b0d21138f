// Package redisstore keeps elections in Redis, by way of go-redis.
//
// One Store serves any number of elections over one client: a single node,
// Sentinel or Cluster. It adds one subscription to the client's connections,
// however many elections follow. Redis 6.2 or newer, with permission to run
// scripts and, if at all possible, INFO (see the project's docs/redis.md).
//
// Set ContextTimeoutEnabled in the client's options: without it, go-redis lets
// a call to a server that went silent wait for ReadTimeout, however little time
// the election has. Elections are safe either way; they take up again faster
// with it.
package redisstore

import (
	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// Store is a leaderelection.Store in Redis, and its Watcher, Announcer and Checker,
// the methods of which it has. It is safe for concurrent use.
type Store struct {
	*protocol.Store
}

var (
	_ leaderelection.Store     = (*Store)(nil)
	_ leaderelection.Watcher   = (*Store)(nil)
	_ leaderelection.Announcer = (*Store)(nil)
	_ leaderelection.Checker   = (*Store)(nil)
)

// New makes a Store over client, which stays the caller's: close it after the
// elections have stopped. A *redis.Ring is refused by leaderelection.New.
func New(client redis.UniversalClient) *Store {
	return &Store{protocol.New(&server{client})}
}
