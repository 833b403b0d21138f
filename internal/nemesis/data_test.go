//go:build linux || darwin

package nemesis

import (
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

// What happens to the election's data in a Redis that goes on.

func TestF15FlushAll(t *testing.T) {
	atBothPaces(t, func(_ *testing.T, c *cluster) {
		_, reign := c.leader()

		c.flushAll()

		c.staysLeader(reign, c.settings.TTL*3/2)
	})
}

// The leader is paused, so it can't put anything back: nothing but the quarantine
// keeps the others from leading beside it.
func TestF15FlushAllWhileTheLeaderIsPaused(t *testing.T) {
	t.Parallel()
	c := start(t, unhurried)
	leader, reign := c.leader()

	leader.Freeze()
	c.flushAll()
	time.Sleep(2 * c.settings.Retry) // each of the others tries at least once
	leader.Thaw()

	c.staysLeader(reign, c.settings.TTL*3/2)
}

func (c *cluster) flushAll() {
	c.t.Helper()
	if err := c.client.FlushAll(c.t.Context()).Err(); err != nil {
		c.t.Fatal(err)
	}
}

func TestF15DeletedKey(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	_, reign := c.leader()

	for _, key := range c.keys() {
		if n, err := c.client.Del(t.Context(), key).Result(); err != nil || n != 1 {
			t.Fatalf("DEL %s: %d, %v; it should have been there", key, n, err)
		}
		c.staysLeader(reign, c.settings.TTL)
	}
}

// The leader dies with its key: the others honour what is left of its lease.
func TestF15DeletedKeyOfADeadLeader(t *testing.T) {
	t.Parallel()
	untilConclusive(t, briskly, func(t *testing.T, c *cluster) {
		for _, key := range c.keys()[:3] {
			leader, reign := c.leader()
			leader.Freeze()
			time.Sleep(20 * time.Millisecond) // what it had sent has arrived
			end := c.leaseEnd()
			fault := belief.Now()
			if err := c.client.Del(t.Context(), key).Err(); err != nil {
				t.Fatal(err)
			}

			next := c.successor(reign, fault)
			if next.First < fault {
				c.inconclusive(next.Process + " led before anything was deleted")
			}
			if early := end - next.First; early > 0 {
				t.Errorf("without %s, %s leads %v before the lease would have ended", key, next.Process, early)
			}
			leader.Thaw()
		}
	})
}

func TestF39ExpiriesOfALeaderThatDied(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(c *cluster, key string) error{
		"no expiry": func(c *cluster, key string) error {
			return c.client.Persist(c.t.Context(), key).Err()
		},
		"thirty days": func(c *cluster, key string) error {
			return c.client.PExpire(c.t.Context(), key, 30*24*time.Hour).Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, brisk)
			leader, reign := c.leader()

			// Given keys that would stay for a month or for ever, of a leader that can
			// no longer correct that
			leader.Freeze()
			time.Sleep(20 * time.Millisecond) // what it had sent has arrived
			for _, key := range c.keys() {
				if err := tamper(c, key); err != nil {
					t.Fatal(err)
				}
			}

			// When it dies, then it is succeeded as ever.
			fault := belief.Now()
			leader.Close()
			c.successor(reign, fault)
		})
	}
}
