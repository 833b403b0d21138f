package redisstore_test

import (
	"testing"
	"time"
)

func TestF15EvictionOfEverything(t *testing.T) {
	onRedis(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()

		t.do("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
		t.do("CONFIG", "SET", "maxmemory", "1")
		eventually(t, "eviction", func() bool {
			_ = t.admin.Set(t.Context(), "more", "data", 0).Err()
			return t.do("DBSIZE") == int64(0)
		})
		t.do("CONFIG", "SET", "maxmemory", "0")

		t.candidate("stranger", long).refused("after the eviction")
		t.candidate("follower", long).thatHasSeen(leader.tenure.Term, long).refused("after the eviction")
		leader.renew("after the eviction")
		leader.stands("after the eviction")
	})
}

// A server that has seen better days, if only in one election, is not trusted with
// another that it may have had.
func TestF15FirstElectionOnAServerThatEvictsWaits(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.server.AwaitUptime(2 * time.Second)
		t.do("SET", "cached", "data")
		t.do("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
		t.do("CONFIG", "SET", "maxmemory", "1")
		eventually(t, "eviction", func() bool {
			_ = t.admin.Set(t.Context(), "more", "data", 0).Err()
			return !t.infoHas("stats", "evicted_keys:0")
		})
		t.do("CONFIG", "SET", "maxmemory", "0")
		t.candidate("first", short).refused("on a server that has evicted keys")
	})
}

// A primary that becomes a replica takes over that one's data, and keeps its run_id.
func TestF13LeaderGoesOnWhenItsServerTakesOverAnothersData(t *testing.T) {
	onRedis(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		promote(t)
		t.candidate("stranger", long).refused("after the promotion")
		leader.renew("after the promotion")
		leader.stands("after the promotion")
	})
}
