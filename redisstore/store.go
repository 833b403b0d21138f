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
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// Store is a leaderelection.Store in Redis, and its Watcher, Announcer, Checker and
// Inspector, the methods of which it has. It is safe for concurrent use.
type Store struct {
	*protocol.Store
}

var (
	_ leaderelection.Store     = (*Store)(nil)
	_ leaderelection.Watcher   = (*Store)(nil)
	_ leaderelection.Announcer = (*Store)(nil)
	_ leaderelection.Checker   = (*Store)(nil)
	_ leaderelection.Inspector = (*Store)(nil)
	_ leaderelection.Steerer   = (*Store)(nil)
)

// New makes a Store over client, which stays the caller's: close it after the
// elections have stopped. A *redis.Ring is refused by leaderelection.New.
func New(client redis.UniversalClient, opts ...Option) *Store {
	return &Store{protocol.New(&server{client: client}, opts...)}
}

// Option changes what New makes.
type Option = protocol.Option

// WithReplicaAcks has every grant and every renewal count only once n replicas have
// it. Without, an old primary that is cut off together with its leader goes on to
// confirm its leases while the other side of the network elects another leader (F14);
// with it, that leader steps down at its deadline, as in any outage.
//
// For that, n must be so high that whatever is cut off with the old primary has
// fewer replicas than n: the number of all replicas is always enough, and costs the
// leader its lease when one of them is down for longer than that. Under Sentinel,
// replicas follow a primary that was replaced until they are told, one after the
// other: use the number of replicas less one, and at least 1.
//
// A renewal that too few replicas have acknowledged is an unknown outcome, and
// tried again until the lease's deadline; a grant is given back. timeout is how long the
// replicas may take; zero, or more than half of what the call may take, is taken for
// that half, and more than half of the client's ReadTimeout for that one. Each renewal
// and bid takes one round trip more, to the replicas and back.
//
// It takes WAIT, which some managed services and proxies refuse: Start then returns
// a *leaderelection.ConfigurationError.
func WithReplicaAcks(n int, timeout time.Duration) Option {
	return protocol.WithReplicaAcks(n, timeout)
}

// RecordSuffix is what the names of those keys end with that are elections' records.
const RecordSuffix = protocol.RecordSuffix

// ElectionOf returns the name (Config.RedisKeyName) of the election whose record a key
// is: for programs that look for elections by SCAN. ok is false if the key is none's.
func ElectionOf(record string) (name string, ok bool) { return protocol.ElectionOf(record) }
