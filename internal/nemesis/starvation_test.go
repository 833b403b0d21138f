//go:build linux || darwin

package nemesis

import (
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
)

// Renewals that starve, for want of something that the program uses up itself.

// The program occupies every connection of the client that its election shares with
// it, for longer than the lease lasts.
func TestF34ExhaustedPool(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	leader, reign := c.leader()

	fault := belief.Now()
	stop := every(500*time.Millisecond, leader.OccupyPool) // each time for a second, so that who waits for one waits ever longer
	next := c.successor(reign, fault)
	stop()

	c.await("it to say that renewals fail", slack, func() bool {
		return c.told(leader, leaderelection.RenewalFailed, reign.Term)
	})
	c.await("its term to end at its deadline", slack, func() bool {
		return c.history.Told(leader.Name, func(record belief.Record) bool {
			return record.What == leaderelection.TermEnded.String() && record.Term == reign.Term &&
				record.Err == leaderelection.ErrLeaseExpired.Error()
		})
	})
	c.await("it to follow when it has connections again", slack, func() bool {
		return c.told(leader, leaderelection.Following, next.Term)
	})
}

// The leader's process gets a third of a processor, in slices, as under a quota.
func TestF34ThrottledProcess(t *testing.T) {
	t.Parallel()
	c := start(t, steady)
	leader, reign := c.leader()

	stop := every(120*time.Millisecond, func() {
		leader.Freeze()
		time.Sleep(80 * time.Millisecond)
		leader.Thaw()
	})
	defer stop()
	c.staysLeader(reign, 2*c.settings.TTL)
}

// every does something again and again, until it is stopped.
func every(interval time.Duration, do func()) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for ticks := time.NewTicker(interval); ; {
			select {
			case <-quit:
				ticks.Stop()
				return
			case <-ticks.C:
				do()
			}
		}
	}()
	return func() { close(quit); <-ended }
}
