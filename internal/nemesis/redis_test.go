//go:build linux || darwin

package nemesis

import (
	"context"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
)

// What happens to Redis as a server.

func TestF11RedisRestartsEmpty(t *testing.T) {
	atBothPaces(t, func(_ *testing.T, c *cluster) {
		_, reign := c.leader()

		c.server.RestartEmpty()

		c.staysLeader(reign, c.settings.TTL*3/2)
	})
}

func TestF12RedisRestartsFromAnOldSnapshot(t *testing.T) {
	atBothPaces(t, func(_ *testing.T, c *cluster) {
		// Given a snapshot in which one leads, and another leader since
		first, reign := c.leader()
		c.server.SaveSnapshot()
		fault := belief.Now()
		first.Stop()
		reign = c.successor(reign, fault)
		c.join("d") // the newcomer believes in nothing that it was not told

		// When Redis goes back to it
		c.server.RestartFromSnapshot()

		// Then the leader leads on, and later terms are greater all the same.
		c.staysLeader(reign, c.settings.TTL*3/2)
		leader, reign := c.leader()
		fault = belief.Now()
		leader.Close()
		c.successor(reign, fault)
	})
}

// The old snapshot still holds a lease, of somebody who has resumed since: it
// must not be believed.
func TestF12OldSnapshotWhileTheOldLeaderIsFrozen(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	first, reign := c.leader()
	c.server.SaveSnapshot()
	fault := belief.Now()
	first.Freeze()
	next := c.successor(reign, fault)

	c.server.RestartFromSnapshot()
	first.Thaw()

	c.staysLeader(next, c.settings.TTL*3/2)
}

func TestF16MaxMemory(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	leader, reign := c.leader()

	// Given a Redis that refuses every write
	c.setConfig("maxmemory-policy", "noeviction")
	c.setConfig("maxmemory", "1")

	// Then renewals go on, and so does a release.
	c.staysLeader(reign, c.settings.TTL*3/2)
	claim := c.client.Get(t.Context(), c.leaseKey()).Val()
	leader.Stop()
	c.await("the release", slack, func() bool { return c.told(leader, leaderelection.Released, reign.Term) })
	if now := c.client.Get(t.Context(), c.leaseKey()).Val(); now == claim {
		t.Error("the lease still stands after its release")
	}

	// And once there is room again, if not before, somebody else leads.
	fault := belief.Now()
	c.setConfig("maxmemory", "0")
	c.successor(reign, fault)
}

func (c *cluster) setConfig(name, value string) {
	c.t.Helper()
	if err := c.client.ConfigSet(c.t.Context(), name, value).Err(); err != nil {
		c.t.Fatal(err)
	}
}

func TestF19ScriptFlush(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	leader, reign := c.leader()

	// Given a Redis that forgets its scripts again and again
	ctx, stop := context.WithCancel(t.Context())
	flushed := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
			_ = c.client.ScriptFlush(ctx).Err()
			n++
		}
		flushed <- n
	}()

	// Then the leader leads on, and is succeeded.
	c.staysLeader(reign, c.settings.TTL*3/2)
	fault := belief.Now()
	leader.Close()
	c.successor(reign, fault)
	stop()
	t.Logf("scripts flushed %d times", <-flushed)
}

func TestF30StopWhileRedisHangs(t *testing.T) {
	t.Parallel()
	c := start(t, brisk)
	leader, reign := c.leader()
	follower := c.others(leader)[0]

	// Given a Redis that doesn't answer, when a leader and a follower stop
	c.server.Pause()
	fault := belief.Now()
	leader.Stop()
	follower.Stop()

	// Then they do, without it.
	c.await("the leader's exit", slack, leader.hasExited)
	t.Logf("the leader had stopped after %v", belief.Now()-fault)
	c.await("the follower's exit", slack, follower.hasExited)

	// And the last one leads once Redis answers again.
	resumed := belief.Now()
	c.server.Resume()
	c.successor(reign, resumed)
}

func TestF40RedisLosesItsDataAndTheLeaderDies(t *testing.T) {
	atBothPaces(t, func(t *testing.T, c *cluster) {
		leader, reign := c.leader()

		leader.Close()
		c.server.RestartEmpty()
		returned := belief.Now()

		next := c.successor(reign, returned)
		t.Logf("%v after the return of Redis; promised: %v", next.First-returned, c.bound())
		c.staysLeader(next, c.settings.TTL*3/2)
	})
}
