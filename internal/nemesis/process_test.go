//go:build linux || darwin

package nemesis

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
)

// What happens to the processes themselves.

func TestGracefulStopHandsOver(t *testing.T) {
	atBothPaces(t, func(t *testing.T, c *cluster) {
		leader, reign := c.leader()

		fault := belief.Now()
		leader.Stop()
		next := c.successor(reign, fault)

		c.await("its exit", slack, leader.hasExited)
		if !c.told(leader, leaderelection.Released, reign.Term) {
			c.excuse(reign)
			t.Error("the lease was not released")
		}
		c.staysLeader(next, c.settings.TTL/2)
	})
}

func TestKilledLeaderIsSucceeded(t *testing.T) {
	atBothPaces(t, func(t *testing.T, c *cluster) {
		leader, reign := c.leader()

		fault := belief.Now()
		leader.Close()
		end := c.leaseEnd()
		next := c.successor(reign, fault)

		t.Logf("%v past the lease's end", next.First-end)
		c.staysLeader(next, c.settings.TTL/2)
	})
}

func TestF01PausedLeader(t *testing.T) {
	atBothPaces(t, func(t *testing.T, c *cluster) {
		leader, reign := c.leader()

		// Given a leader that is paused until somebody else leads, and for more than
		// its TTL.
		fault := belief.Now()
		leader.Freeze()
		next := c.successor(reign, fault)
		time.Sleep(c.settings.TTL/2 + c.settings.TTL/10)

		// When it goes on
		thawed := belief.Now()
		leader.Thaw()

		// Then its very first IsLeader() is false, and it takes part again.
		gap := c.gapSince(leader, thawed)
		t.Logf("paused for %v", gap.Last-gap.First)
		if gap.Last-gap.First < c.settings.TTL {
			t.Errorf("the pause was too short to show anything: %v", gap.Last-gap.First)
		}
		if gap.Leads {
			t.Error("the first IsLeader() after the pause was true")
		}
		c.await("the end of its term", slack, func() bool { return c.told(leader, leaderelection.TermEnded, reign.Term) })
		c.await("it to follow", slack, func() bool { return c.told(leader, leaderelection.Following, next.Term) })
		c.staysLeader(next, c.settings.TTL/2)
	})
}

func TestF04BlackHole(t *testing.T) {
	atBothPaces(t, func(_ *testing.T, c *cluster) {
		leader, reign := c.leader()

		// Given a leader whose packets vanish
		fault := belief.Now()
		leader.link.BlackHole()
		next := c.successor(reign, fault)
		c.await("it to step down", slack, func() bool { return c.told(leader, leaderelection.TermEnded, reign.Term) })

		// When they arrive after all, then they change nothing.
		leader.link.Restore()
		c.staysLeader(next, c.settings.TTL*3/2)
		c.await("it to follow", slack, func() bool { return c.told(leader, leaderelection.Following, next.Term) })
	})
}

func TestF23SameInstanceIDTwice(t *testing.T) {
	t.Parallel()
	twins := func(t *testing.T) *cluster {
		t.Helper()
		c := startEmpty(t, brisk)
		c.join("twin")
		c.join("twin")
		return c
	}
	untilConclusive(t, twins, func(t *testing.T, c *cluster) {
		leader, reign := c.leader()
		other := c.others(leader)[0]
		c.staysLeader(reign, 2*c.settings.TTL)
		if !strings.Contains(other.Log(), "same InstanceID") {
			t.Errorf("the other one does not say why it follows; it logged:\n%s", other.Log())
		}

		fault := belief.Now()
		leader.Close()
		if next := c.successor(reign, fault); next.Process != other.Name {
			t.Errorf("%s leads, want %s", next.Process, other.Name)
		}
	})
}
