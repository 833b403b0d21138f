package main

import (
	"fmt"
	"time"
)

const followers = 4

// measureCommands: what a leader alone asks of its store, and what followers add.
func measureCommands(t *task) error {
	return inScope(func(s *scope) error {
		st := t.peer.store(s)
		c := newCast(s, t.peer, t.timing, directly(st))
		if err := c.fill(1); err != nil {
			return err
		}
		alone, aloneConnections, err := t.loads(st, c)
		if err != nil {
			return err
		}
		if err := c.fill(1 + followers); err != nil {
			return err
		}
		all, allConnections, err := t.loads(st, c)
		if err != nil {
			return err
		}
		seconds := t.window().Seconds()
		t.note("requests.leader", float64(alone.requests)/seconds)
		t.note("requests.follower", float64(all.requests-alone.requests)/followers/seconds)
		if all.executed > 0 {
			t.note("executed.leader", float64(alone.executed)/seconds)
			t.note("executed.follower", float64(all.executed-alone.executed)/followers/seconds)
		}
		if aloneConnections > 0 {
			t.note("connections.leader", float64(aloneConnections))
			t.note("connections.follower", float64(allConnections-aloneConnections)/followers)
		}
		return nil
	})
}

// window is a multiple of heartbeat and retry, and of a third of the TTL, so that
// nothing of a period is missing.
func (t *task) window() time.Duration {
	if t.timing == defaults {
		return 30 * time.Second
	}
	return 12 * time.Second
}

// loads counts once there is a leader and all have found their place.
func (t *task) loads(st store, c *cast) (count load, connections int, err error) {
	if _, _, err = c.leader(); err != nil {
		return load{}, 0, err
	}
	time.Sleep(2 * t.timing.heartbeat)
	if count, err = st.load(t.window()); err != nil {
		return load{}, 0, err
	}
	if err := c.desertion(); err != nil {
		return load{}, 0, err
	}
	if connections, err = connectionsOf(c.pids(), st.addr()); err != nil {
		return load{}, 0, fmt.Errorf("counting connections: %w", err)
	}
	return count, connections, nil
}

func (c *cast) pids() []int {
	pids := make([]int, 0, len(c.members))
	for _, member := range c.members {
		pids = append(pids, member.PID())
	}
	return pids
}
