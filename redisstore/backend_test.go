package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// store is a store under test. The tests of this package make theirs by the functions
// in this file only, except those in goredis_*_test.go, which are about go-redis: so
// rueidisstore has the others test it, with another file in place of this one
// (see rueidisstore/rows.json).
type store interface {
	leaderelection.Store
	leaderelection.Watcher
	leaderelection.Announcer
	leaderelection.Checker
	leaderelection.Inspector
	leaderelection.Steerer
}

// newStore returns a store with a client of its own, which the test closes.
func newStore(t testing.TB, options *redis.Options, opts ...redisstore.Option) store {
	return storeOf(t, redis.NewClient(options), opts)
}

// newClusterStore is newStore of a Cluster.
func newClusterStore(t testing.TB, options *redis.ClusterOptions, opts ...redisstore.Option) store {
	return storeOf(t, redis.NewClusterClient(options), opts)
}

// newFailoverStore is newStore of whoever Sentinel says is the primary.
func newFailoverStore(t testing.TB, options *redis.FailoverOptions, opts ...redisstore.Option) store {
	return storeOf(t, redis.NewFailoverClient(options), opts)
}

func storeOf(t testing.TB, client redis.UniversalClient, opts []redisstore.Option) store {
	t.Cleanup(func() { _ = client.Close() })
	return redisstore.New(client, opts...)
}
