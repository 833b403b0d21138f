package redistest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Slots is how many a Cluster has.
const Slots = 16384

// nodeTimeout is after how long a node of a Cluster is taken for dead.
const nodeTimeout = 2 * time.Second

// Cluster is a Redis Cluster of a test's own: so many shards, each a primary with
// its replicas.
type Cluster struct {
	t      testing.TB
	Shards [][]*Server // of each the primary first, as it was started
}

// StartCluster starts one and returns when all its nodes agree on it. The options are
// for each of them.
func StartCluster(t testing.TB, shards, replicas int, opts ...Option) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	var first *Server
	for range shards {
		shard := make([]*Server, 0, 1+replicas)
		for range 1 + replicas {
			node := startNode(t, opts...)
			if first == nil {
				first = node
			} else {
				first.must("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(node.port), strconv.Itoa(node.busPort))
			}
			shard = append(shard, node)
		}
		c.Shards = append(c.Shards, shard)
	}
	c.await("the nodes to know each other", func(node *Server) bool {
		known := fmt.Sprint(node.must("CLUSTER", "NODES"))
		return strings.Count(known, "\n") == shards*(1+replicas) && !strings.Contains(known, "handshake")
	})
	for i, shard := range c.Shards {
		primary := shard[0]
		primary.must("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*Slots/shards), strconv.Itoa((i+1)*Slots/shards-1))
		for _, replica := range shard[1:] {
			replica.must("CLUSTER", "REPLICATE", primary.NodeID())
		}
	}
	c.AwaitHealth()
	return c
}

// startNode starts a server that is to be a node. By default its bus has the port
// above its own by 10000, which there may not be.
func startNode(t testing.TB, opts ...Option) *Server {
	t.Helper()
	bus := freePort(t)
	opts = append([]Option{WithConfig("cluster-enabled", "yes"), WithConfig("cluster-port", strconv.Itoa(bus)),
		WithConfig("cluster-node-timeout", strconv.FormatInt(nodeTimeout.Milliseconds(), 10))}, opts...)
	node := Start(t, opts...)
	node.busPort = bus
	return node
}

// Options are for clients of the Cluster that tests make themselves.
func (c *Cluster) Options() *redis.ClusterOptions {
	addrs := make([]string, 0, len(c.Nodes()))
	for _, node := range c.Nodes() {
		addrs = append(addrs, node.Addr())
	}
	return &redis.ClusterOptions{Addrs: addrs, TLSConfig: c.Shards[0][0].TLSConfig(), ContextTimeoutEnabled: true}
}

// Client returns a new client of the Cluster, which the test closes.
func (c *Cluster) Client(t testing.TB) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(c.Options())
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// AwaitHealth waits until every node that runs takes the Cluster for healthy, and
// every replica has its primary's data.
func (c *Cluster) AwaitHealth() {
	c.t.Helper()
	c.await("a healthy cluster", func(node *Server) bool {
		if node.clusterInfo("cluster_state") != "ok" {
			return false
		}
		replication := fmt.Sprint(node.must("INFO", "replication"))
		if fieldOf(replication, "role") == "master" {
			return strings.Count(replication, ",state=") == strings.Count(replication, ",state=online") // its replicas are
		}
		return fieldOf(replication, "master_link_status") == "up"
	})
}

// PrimaryOf returns the node that has the key's slot, as the others see it now; nil
// while nobody has.
func (c *Cluster) PrimaryOf(key string) *Server {
	c.t.Helper()
	for _, node := range c.Nodes() {
		if node.hasEnded() {
			continue
		}
		slot := node.must("CLUSTER", "KEYSLOT", key).(int64)
		if primary := c.primaryOf(slot, node); primary != nil {
			return primary
		}
	}
	return nil
}

// primaryOf returns the node that has the slot, as node sees it.
func (c *Cluster) primaryOf(slot int64, node *Server) *Server {
	c.t.Helper()
	var shards []redis.ClusterShard
	node.ask(func(ctx context.Context, client *redis.Client) (err error) {
		shards, err = client.ClusterShards(ctx).Result()
		return err
	})
	for _, shard := range shards {
		has := slices.ContainsFunc(shard.Slots, func(r redis.SlotRange) bool { return r.Start <= slot && slot <= r.End })
		for _, member := range shard.Nodes {
			if has && member.Role == "master" && member.Health == "online" {
				return c.byPort(max(member.Port, member.TLSPort)) // it has one of them
			}
		}
	}
	return nil
}

// Failover makes a replica of the key's shard its primary, as an operator does.
func (c *Cluster) Failover(key string) {
	c.t.Helper()
	primary := c.PrimaryOf(key)
	for _, shard := range c.Shards {
		if slices.Contains(shard, primary) {
			replica := shard[(slices.Index(shard, primary)+1)%len(shard)]
			replica.must("CLUSTER", "FAILOVER")
			return
		}
	}
}

// OtherPrimary returns a primary that does not have the key's slot, of those that were
// started as primaries.
func (c *Cluster) OtherPrimary(key string) *Server {
	c.t.Helper()
	if c.PrimaryOf(key) == c.Shards[0][0] {
		return c.Shards[1][0]
	}
	return c.Shards[0][0]
}

// MoveSlotOf moves the slot of a key to another shard's node, step by step as
// redis-cli --cluster reshard does. After every step it calls then, with how many of
// the slot's keys have arrived.
func (c *Cluster) MoveSlotOf(key string, to *Server, then func(arrived, all int)) {
	c.t.Helper()
	from := c.PrimaryOf(key)
	slot := fmt.Sprint(from.must("CLUSTER", "KEYSLOT", key))
	to.must("CLUSTER", "SETSLOT", slot, "IMPORTING", from.NodeID())
	from.must("CLUSTER", "SETSLOT", slot, "MIGRATING", to.NodeID())
	keys, _ := from.must("CLUSTER", "GETKEYSINSLOT", slot, "1000").([]any)
	then(0, len(keys))
	for i, key := range keys {
		from.must("MIGRATE", "127.0.0.1", strconv.Itoa(to.port), key, "0", "5000")
		then(i+1, len(keys))
	}
	for _, node := range []*Server{to, from} {
		node.must("CLUSTER", "SETSLOT", slot, "NODE", to.NodeID())
	}
	then(len(keys), len(keys))
}

// NodeID is the node's name in its Cluster.
func (s *Server) NodeID() string {
	s.t.Helper()
	return fmt.Sprint(s.must("CLUSTER", "MYID"))
}

// Nodes are all of them.
func (c *Cluster) Nodes() []*Server {
	var all []*Server
	for _, shard := range c.Shards {
		all = append(all, shard...)
	}
	return all
}

func (c *Cluster) byPort(port int64) *Server {
	for _, node := range c.Nodes() {
		if int64(node.port) == port {
			return node
		}
	}
	return nil
}

// await waits until the condition holds for every node that runs.
func (c *Cluster) await(what string, condition func(node *Server) bool) {
	c.t.Helper()
	deadline := time.Now().Add(3 * patience)
	for _, node := range c.Nodes() {
		for !node.hasEnded() && !condition(node) {
			if time.Now().After(deadline) {
				c.t.Fatalf("redistest: waited in vain for %s at %s", what, node.Addr())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// must has the server execute a command.
func (s *Server) must(words ...any) (reply any) {
	s.t.Helper()
	s.ask(func(ctx context.Context, client *redis.Client) (err error) {
		reply, err = client.Do(ctx, words...).Result()
		return err
	})
	return reply
}

func (s *Server) clusterInfo(name string) string {
	return fieldOf(fmt.Sprint(s.must("CLUSTER", "INFO")), name)
}

func (s *Server) hasEnded() bool {
	select {
	case <-s.process.ended:
		return true
	default:
		return false
	}
}
