package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// One server is taken for what it isn't. (By rueidis, there is no client then.)
func TestF18ClientsOfAnotherTopology(t *testing.T) {
	onRedis(t, func(t *trial) {
		addresses := []string{t.server.Addr()}
		for name, other := range map[string]store{
			"Cluster": newClusterStore(t, &redis.ClusterOptions{Addrs: addresses, ContextTimeoutEnabled: true}),
			"26379":   newFailoverStore(t, &redis.FailoverOptions{SentinelAddrs: addresses, MasterName: "main", ContextTimeoutEnabled: true}),
		} {
			misled := &trial{T: t.T, server: t.server, admin: t.admin, store: other, key: t.key}
			misled.cannotStart(name)
		}
	})
}

func TestF18DatabaseOfACluster(t *testing.T) {
	t.Parallel()
	node := redistest.StartCluster(t, 1, 0).Shards[0][0]
	trial := &trial{T: t, store: newStore(t, &redis.Options{Addr: node.Addr(), DB: 1, ContextTimeoutEnabled: true}), key: "jobs"}
	trial.cannotStart("Cluster", "DB")
}
