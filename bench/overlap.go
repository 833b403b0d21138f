package main

import (
	"sync"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/redistest"
)

// overlap is for how long two processes believed to lead at once, after that moment.
func overlap(history *belief.History, since time.Duration) time.Duration {
	var total time.Duration
	for _, violation := range belief.Judge(history) {
		if violation.Rule == belief.OneLeader {
			total += max(0, violation.At+violation.For-max(violation.At, since))
		}
	}
	return total
}

// measureOverlap has the faults happen at once, each to an election of its own: they are
// mostly waiting, and nothing here is as short as what they could cost each other.
func measureOverlap(t *task) error {
	faults := []func(*scope, store, *cast) error{t.pause, t.blackHole}
	if t.peer.name != clientGoPeer.name { // whose record is of our making: it would lose what we want it to
		faults = append(faults, t.restart)
	}
	n := max(1, t.rounds/10)
	var running sync.WaitGroup
	for _, fault := range faults {
		running.Go(func() { t.inLanes(1, n, fault) })
	}
	running.Wait()
	return nil
}

// pause: the leader is frozen (SIGSTOP) until somebody else leads, and thawed. What
// counts is from then: a frozen process can do nothing, whatever it believes.
func (t *task) pause(_ *scope, _ store, c *cast) error {
	leader, reign, err := c.settled(t.timing.heartbeat)
	if err != nil {
		return err
	}
	leader.Freeze()
	_, err = c.successor(reign)
	time.Sleep(300 * time.Millisecond)
	thawed := belief.Now()
	leader.Thaw()
	if err != nil {
		return err
	}
	var gap belief.Record
	err = await(leader.Name+" to wake up", patience, func() bool {
		return c.history.Told(leader.Name, func(record belief.Record) bool {
			if record.Kind != belief.Gap || record.Last < thawed-100*time.Millisecond {
				return false
			}
			gap = record
			return true
		})
	})
	if err != nil {
		return err
	}
	time.Sleep(t.timing.ttl)
	t.noteSpan("overlap.pause", overlap(&c.history, thawed))
	t.note("pause.believes", yes(gap.Leads))
	return nil
}

// blackHole: nothing arrives any more of what the leader sends, nor what is sent to
// it, until somebody else leads and a lease more; then it does after all.
func (t *task) blackHole(s *scope, st store, _ *cast) error {
	proxies := make([]*redistest.Proxy, members)
	for i := range proxies {
		proxies[i] = redistest.NewProxy(s, st.addr())
	}
	c := newCast(s, t.peer, t.timing, func(i int) string { return proxies[i].Addr() })
	defer c.close()
	leader, reign, err := c.settled(t.timing.heartbeat)
	if err != nil {
		return err
	}
	begun := belief.Now()
	for i, member := range c.members {
		if member == leader {
			proxies[i].BlackHole()
			defer proxies[i].Restore()
			next, err := c.successor(reign)
			if err != nil {
				return err
			}
			t.noteSpan("blackhole.after", next.First-begun)
			time.Sleep(t.timing.ttl)
			proxies[i].Restore()
		}
	}
	time.Sleep(t.timing.heartbeat)
	t.noteSpan("overlap.blackhole", overlap(&c.history, begun))
	return nil
}

// restart: the store is killed and started again while the leader lives, Redis without
// its data.
func (t *task) restart(_ *scope, st store, c *cast) error {
	_, reign, err := c.settled(t.timing.heartbeat)
	if err != nil {
		return err
	}
	begun := belief.Now()
	st.(restarter).restart()
	time.Sleep(t.timing.ttl + 2*t.timing.retry)
	_, now, err := c.leader()
	if err != nil {
		return err
	}
	t.noteSpan("overlap.restart", overlap(&c.history, begun))
	t.note("restart.kept", yes(now.First == reign.First))
	return nil
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
