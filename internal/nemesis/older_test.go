//go:build linux || darwin

package nemesis

import (
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
)

// older is a program that holds the lock the way many do, without this library.
// Its name is its InstanceID.
const older = "older"

// olderTry is the one command with which such a program tries to lead.
func (c *cluster) olderTry() bool {
	c.t.Helper()
	won, err := c.client.SetNX(c.t.Context(), c.settings.Key, older, c.settings.TTL).Result()
	if err != nil {
		c.t.Fatal(err)
	}
	return won
}

// olderLeads leads with a lock that was won, for as long as the condition says:
// GET, and PEXPIRE where the lock is its own. It tells what it believes.
func (c *cluster) olderLeads(while func() bool) {
	c.t.Helper()
	record := belief.Record{Kind: belief.Lead, Term: belief.NoTerm, First: belief.Now()}
	for while() {
		holder, err := c.client.Get(c.t.Context(), c.settings.Key).Result()
		if err != nil || holder != older {
			c.t.Errorf("the older program lost its lock to %q: %v", holder, err)
			return
		}
		record.Last = belief.Now()
		c.history.Add(older, record)
		if err := c.client.PExpire(c.t.Context(), c.settings.Key, c.settings.TTL).Err(); err != nil {
			c.t.Fatal(err)
		}
		time.Sleep(c.settings.TTL / 20)
	}
}

func TestF35OlderProgram(t *testing.T) {
	t.Parallel()
	c := startEmpty(t, steady)

	// Given an older program that leads, then ours follow it.
	if !c.olderTry() {
		t.Fatal("the older program cannot lock an empty Redis")
	}
	for _, id := range []string{"a", "b", "c"} {
		c.join(id)
	}
	begun := belief.Now()
	c.olderLeads(func() bool { return belief.Now()-begun < c.settings.TTL*3/2 || !c.allFollowOlder() })

	// When it dies, then one of ours leads, and the older program follows.
	reign, _ := c.history.Latest()
	c.successor(reign, belief.Now())
	_, reign = c.leader()
	for until := belief.Now() + c.settings.TTL*3/2; belief.Now() < until; time.Sleep(c.settings.TTL / 20) {
		if c.olderTry() {
			t.Fatal("the older program locked what one of ours holds")
		}
	}
	c.staysLeader(reign, 0)

	// When ours stop, then it is free for the older program at once.
	for _, m := range c.members {
		m.Stop()
	}
	for _, m := range c.members {
		c.await(m.Name+"'s exit", slack, m.hasExited)
	}
	if !c.olderTry() {
		t.Error("the older program cannot lock what ours have given back")
	}
}

func (c *cluster) allFollowOlder() bool {
	for _, m := range c.members {
		follows := c.history.Told(m.Name, func(record belief.Record) bool {
			return record.What == leaderelection.Following.String() && record.Leader == older
		})
		if !follows {
			return false
		}
	}
	return true
}
