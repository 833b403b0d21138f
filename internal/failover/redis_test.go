//go:build linux || darwin

package failover

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// topology is a Redis of several servers.
type topology interface {
	client(t *testing.T) redis.UniversalClient
	leaderClient(t *testing.T) redis.UniversalClient // of who leads at the beginning

	kill()         // the primary
	change()       // the primary for another, at somebody's command
	awaitAnother() // primary than there was at the fault
}

// sentinelRedis is one under Sentinel. Its first leader can be isolated with the primary.
type sentinelRedis struct{ *redistest.Sentinels }

func onSentinel(t *testing.T, k kind) *scene {
	var options []redistest.Option
	for i := 0; i < len(k.config); i += 2 {
		options = append(options, redistest.WithConfig(k.config[i], k.config[i+1]))
	}
	r := sentinelRedis{redistest.StartSentinels(t, k.replicas, options...)}
	r.Servers[0].AwaitUptime(2 * time.Second)
	return newScene(t, k, r)
}

func (r sentinelRedis) client(t *testing.T) redis.UniversalClient       { return r.Client(t) }
func (r sentinelRedis) leaderClient(t *testing.T) redis.UniversalClient { return r.IsolatedClient(t) }
func (r sentinelRedis) kill()                                           { r.Servers[0].Kill() }
func (r sentinelRedis) change()                                         { r.Failover() }
func (r sentinelRedis) awaitAnother()                                   { r.AwaitPrimary(r.Servers[0]) }

// clusterRedis is a Cluster of three shards.
type clusterRedis struct {
	*redistest.Cluster
	t     *testing.T
	first *redistest.Server // the primary of the election's slot, at the beginning
}

func onCluster(t *testing.T, k kind) *scene {
	c := redistest.StartCluster(t, 3, k.replicas)
	r := &clusterRedis{Cluster: c, t: t, first: c.PrimaryOf(key)}
	r.first.AwaitUptime(2 * time.Second)
	return newScene(t, k, r)
}

func (r *clusterRedis) client(t *testing.T) redis.UniversalClient       { return r.Client(t) }
func (r *clusterRedis) leaderClient(t *testing.T) redis.UniversalClient { return r.Client(t) }
func (r *clusterRedis) kill()                                           { r.first.Kill() }
func (r *clusterRedis) change()                                         { r.Failover(key) }

func (r *clusterRedis) awaitAnother() {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if now := r.PrimaryOf(key); now != nil && now != r.first {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("no other primary within %v", patience)
		}
	}
}

// moveSlot is far slower than an operator's tool, so that heartbeats meet every step of
// it. The leader can renew at none of the four between the first of its keys and the
// last. Those, the heartbeat before, which may just have been, and a renewal's retry
// must fit into the lease of nine seconds that it counts on.
func (r *clusterRedis) moveSlot() {
	r.MoveSlotOf(key, r.OtherPrimary(key), func(int, int) { time.Sleep(settings.HeartbeatInterval / 4) })
}
