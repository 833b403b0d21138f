package main

import "example.com/leaderelection/internal/belief"

// measureCrash: a leader is killed (SIGKILL). From the end of its lease, and from the
// kill, until the next one believes.
func measureCrash(t *task) error {
	t.inLanes(4, t.rounds, func(_ *scope, st store, c *cast) error {
		leader, reign, err := c.settled(t.timing.heartbeat) // client-go's followers learn of a lease by its renewals
		if err != nil {
			return err
		}
		killed := belief.Now()
		leader.Close()
		leaseEnd, err := st.leaseEnd(c.lease(leader))
		if err != nil {
			return err
		}
		next, err := c.successor(reign)
		if err != nil {
			return err
		}
		t.noteSpan("crash.past", next.First-leaseEnd)
		t.noteSpan("crash.after", next.First-killed)
		t.noteSpan("overlap.crash", overlap(&c.history, killed))
		return nil
	})
	return nil
}
