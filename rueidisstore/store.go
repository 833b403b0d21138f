// Package rueidisstore keeps elections in Redis, by way of rueidis.
//
// It shares keys, scripts and rules with redisstore, so candidates with either may
// take part in the same election. One Store serves any number of elections over one
// client: a single node, Sentinel or Cluster. It adds one subscription to the
// client's connections, however many elections follow. Redis 6.2 or newer, with
// permission to run scripts and, if at all possible, INFO (see the project's
// docs/redis.md).
//
// The client's options matter:
//
//   - Set ConnWriteTimeout to about a HeartbeatInterval, and Dialer.Timeout too: so
//     long rueidis takes to give up a connection that went silent, 10 s by default.
//     Calls share a few connections, and until then they fail one like the other.
//   - Set Sentinel.TopologyRefreshInterval, with Sentinel: else rueidis stays with a
//     demoted primary if it misses one message of Sentinel's.
//   - Set DisableCache, unless something else uses the cache: it spares servers and
//     users CLIENT TRACKING.
//   - Leave ReplicaOnly unset, and have SendToReplicas answer false for EVALSHA and
//     EVAL: a replica refuses the scripts, so nobody would be elected. A client does
//     not tell of its options, so Check can't.
//
// Elections are safe either way. Beside heavy use, give them a client of their own:
// renewals stand in line with whatever is on the same connection.
package rueidisstore

import (
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
	"github.com/redis/rueidis"
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
	_ leaderelection.Inspector = (*Store)(nil)
	_ leaderelection.Steerer   = (*Store)(nil)
)

// New makes a Store over client, which stays the caller's: close it after the
// elections have stopped.
func New(client rueidis.Client, opts ...Option) *Store {
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
// that half. Each renewal and bid takes one round trip more, to the replicas and back,
// and a connection of rueidis's blocking pool meanwhile.
//
// It takes WAIT, which some managed services and proxies refuse: Start then returns
// a *leaderelection.ConfigurationError.
func WithReplicaAcks(n int, timeout time.Duration) Option {
	return protocol.WithReplicaAcks(n, timeout)
}
