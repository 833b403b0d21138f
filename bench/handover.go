package main

import (
	"fmt"
	"time"

	"example.com/leaderelection/internal/belief"
)

// members is how many candidates an election has.
const members = 3

// measureHandover: a leader is told to stop (SIGTERM). From then until the next one
// believes.
func measureHandover(t *task) error {
	t.inLanes(2, t.rounds, func(_ *scope, _ store, c *cast) error {
		leader, reign, err := c.settled(t.timing.retry)
		if err != nil {
			return err
		}
		leader.Stop()
		next, err := c.successor(reign)
		if err != nil {
			return err
		}
		if err := await(leader.Name+" to exit", c.limit(), func() bool { return hasExited(leader) }); err != nil {
			return err
		}
		stopping, ok := lastEvent(&c.history, leader.Name, eventStopping)
		if !ok {
			return fmt.Errorf("%s has not said when it stopped: %s", leader.Name, leader.Log())
		}
		t.noteSpan("handover", next.First-stopping)
		t.noteSpan("overlap.handover", overlap(&c.history, stopping))
		return nil
	})
	return nil
}

func lastEvent(history *belief.History, process, what string) (at time.Duration, ok bool) {
	for _, record := range history.Records(process, belief.Event) {
		if record.What == what {
			at, ok = record.At, true
		}
	}
	return at, ok
}
