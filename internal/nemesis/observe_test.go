//go:build linux || darwin

package nemesis

import (
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
)

// await waits until the condition holds; it fails the test after limit.
func (c *cluster) await(what string, limit time.Duration, condition func() bool) {
	c.t.Helper()
	for begun := time.Now(); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > limit {
			c.t.Fatalf("waited %v for %s, in vain", limit, what)
		}
	}
}

// leader waits until somebody leads and every other member knows it.
func (c *cluster) leader() (*member, belief.Reign) {
	c.t.Helper()
	var leader *member
	var reign belief.Reign
	c.await("a leader that all know", c.bound()+c.settings.TTL+slack, func() bool {
		reign, leader = belief.Reign{}, nil
		latest, ok := c.history.Latest()
		if !ok || belief.Now()-latest.Last > 100*time.Millisecond {
			return false
		}
		for _, m := range c.members {
			switch {
			case m.Name == latest.Process:
				leader = m
			case m.hasExited():
			case !c.told(m, leaderelection.Following, latest.Term):
				return false
			}
		}
		reign = latest
		return leader != nil
	})
	return leader, reign
}

func (m *member) hasExited() bool {
	select {
	case <-m.Exited():
		return true
	default:
		return false
	}
}

// told reports whether the member's Observer was told of such an event.
func (c *cluster) told(m *member, what leaderelection.EventKind, term int64) bool {
	return c.history.Told(m.Name, func(record belief.Record) bool {
		return record.What == what.String() && record.Term == term
	})
}

// others are the members without that one, nor those that have exited.
func (c *cluster) others(than *member) []*member {
	var others []*member
	for _, m := range c.members {
		if m != than && !m.hasExited() {
			others = append(others, m)
		}
	}
	return others
}

// successor waits for the reign after old, within what is promised from the
// fault on, and logs how long nobody led.
func (c *cluster) successor(old belief.Reign, fault time.Duration) belief.Reign {
	c.t.Helper()
	var next belief.Reign
	c.await("a new leader", c.bound()+slack-(belief.Now()-fault), func() bool {
		var ok bool
		next, ok = c.history.Latest()
		return ok && next.First > old.First
	})
	last := old.Last
	for _, reign := range c.history.Reigns(belief.Lead) {
		if reign.First == old.First {
			last = reign.Last
		}
	}
	c.t.Logf("%s leads after %s: %v without a leader, %v after the fault (promised: %v)",
		next.Process, old.Process, (next.First - last).Round(10*time.Microsecond),
		(next.First - fault).Round(10*time.Microsecond), c.bound())
	return next
}

// staysLeader watches for a while: the reign must go on, in its term, and no lose
// callback may run. See excuse.
func (c *cluster) staysLeader(reign belief.Reign, span time.Duration) {
	c.t.Helper()
	until := belief.Now() + span
	c.await(reign.Process+" to lead on", span+slack, func() bool {
		latest, _ := c.history.Latest()
		if latest.First != reign.First {
			c.excuse(reign)
			c.t.Fatalf("%s leads in term %d; %s should have led on in term %d",
				latest.Process, latest.Term, reign.Process, reign.Term)
		}
		return latest.Last >= until
	})
	if losses := c.history.Records(reign.Process, belief.Lost); len(losses) > 0 {
		c.t.Errorf("%s was told %d times that it had lost", reign.Process, len(losses))
	}
}

// excuse ends an attempt at a brisk test (but not without its verdict) in which a
// leader could not renew in time, nor give back what it had. On a busy machine it may have
// been unable to for as long as such a lease lasts; with longer ones there is no excuse.
func (c *cluster) excuse(reign belief.Reign) {
	c.t.Helper()
	expired := c.history.Told(reign.Process, func(record belief.Record) bool {
		return record.Term == reign.Term && (record.What == leaderelection.ReleaseFailed.String() ||
			record.What == leaderelection.TermEnded.String() && record.Err == leaderelection.ErrLeaseExpired.Error())
	})
	if expired {
		c.inconclusive(reign.Process + " could not renew it in time")
	}
}

// inconclusive ends an attempt at a brisk test: see untilConclusive, without which nobody
// would see that. With longer leases it does nothing.
func (c *cluster) inconclusive(why string) {
	c.t.Helper()
	if c.settings.TTL <= brisk.TTL {
		c.t.Skipf("this machine is too busy for a lease of %v: %s", c.settings.TTL, why)
	}
}

// leaseEnd is when the lease ends that stands in Redis now, at the earliest. A brisk one may
// have ended before it was asked for: see inconclusive.
func (c *cluster) leaseEnd() time.Duration {
	c.t.Helper()
	asked := belief.Now()
	left, err := c.client.PTTL(c.t.Context(), c.leaseKey()).Result()
	if err == nil && left == gone {
		c.inconclusive("it has ended before it was looked at")
	}
	if err != nil || left <= 0 {
		c.t.Fatalf("no lease stands: %v %v", left, err)
	}
	return asked + left
}

// gone is what PTTL says of a key that is not there.
const gone = -2 * time.Nanosecond

// gapSince waits for the end of a pause of the process that lasted beyond the
// moment, and returns it.
func (c *cluster) gapSince(m *member, moment time.Duration) belief.Record {
	c.t.Helper()
	var gap belief.Record
	c.await(m.Name+" to wake up", slack, func() bool {
		return c.history.Told(m.Name, func(record belief.Record) bool {
			if record.Kind != belief.Gap || record.First > moment || record.Last < moment {
				return false
			}
			gap = record
			return true
		})
	})
	return gap
}
