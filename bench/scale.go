package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// size is how many there are, and the durations they have. Its name is a row's.
type size struct {
	n int
	timing
}

// scaleSizes are elections of one process. A hundred thousand heartbeats every 3s would be
// more than one Redis can do.
var scaleSizes = []size{
	{10_000, defaults.named("10,000, " + defaults.name)},
	{100_000, timing{"100,000, 60s/20s/20s", 60 * time.Second, 20 * time.Second, 20 * time.Second}},
}

// target is how late a heartbeat may be.
func (t timing) target() time.Duration { return t.heartbeat / 4 }

// with is this task with other durations.
func (t *task) with(timing timing) *task {
	return &task{measure: t.measure, peer: t.peer, timing: timing, rounds: t.rounds, found: t.found}
}

// measureScale: a process leads so many elections over one client, all started at once.
// Then what they take without anybody who observes them.
func measureScale(t *task) error {
	err := t.scale(scaleSizes)
	first := scaleSizes[0]
	return errors.Join(err, t.with(first.timing).crowds(first.n))
}

// scale measures them by one Redis, one after the other.
func (t *task) scale(sizes []size) error {
	return inScope(func(s *scope) error {
		st, begun := startRedis(s), time.Now()
		for _, each := range sizes {
			// A Redis that is younger than a lease grants none: that is not what takes time here.
			time.Sleep(time.Until(begun.Add(each.ttl + 2*time.Second)))
			t := t.with(each.timing)
			t.say("begins")
			if err := t.elections(st, each.n); err != nil {
				t.fail(err)
			}
		}
		return nil
	})
}

// elections: what each costs the process, how late their heartbeats are, and what they
// cost Redis.
func (t *task) elections(st *redisStore, n int) error {
	return inScope(func(s *scope) error {
		var history belief.History
		process, err := startRole(roleWatched, t.timing.settings(st.addr(), roleWatched), &history, roleWatched, strconv.Itoa(n))
		if err != nil {
			return err
		}
		s.Cleanup(process.Close)
		cost, err := t.whileWatched(st, process, &history)
		if err != nil {
			return err
		}
		connections, err := connectionsOf([]int{process.PID()}, st.addr())
		if err != nil {
			return err
		}
		var report heartbeatReport
		if err := hear(process, &history, eventWatched, patience, &report); err != nil {
			return err
		}
		t.note("scale.memory", report.Kilobytes)
		t.note("scale.goroutines", report.Goroutines)
		t.note("scale.connections", float64(connections))
		t.note("scale.start", report.Seconds)
		for _, late := range report.Late {
			t.note("scale.late", late)
		}
		t.note("scale.busiest", report.Busiest)
		t.note("scale.requests", cost.perSecond()/float64(n))
		t.note("scale.core", 100*cost.busyShare())
		for metric, kind := range map[string]leaderelection.EventKind{
			"scale.attempts": leaderelection.AttemptFailed, "scale.renewals": leaderelection.RenewalFailed,
			"scale.ended": leaderelection.TermEnded, "scale.announcements": leaderelection.AnnounceFailed,
		} {
			t.note(metric, float64(report.Failed[kind.String()]))
		}
		if dropped := report.Failed[eventsDropped]; dropped > 0 {
			return fmt.Errorf("%d events were lost", dropped)
		}
		if report.Leading != n {
			return fmt.Errorf("of %d elections, %d are led", n, report.Leading)
		}
		return nil
	})
}

// whileWatched is what Redis does while the heartbeats are watched.
func (t *task) whileWatched(st *redisStore, process *contender.Process, history *belief.History) (spent, error) {
	err := await("the heartbeats to be watched", crowdLimit+4*t.timing.ttl+patience, func() bool {
		_, watching := lastEvent(history, process.Name, eventWatching)
		return watching || hasExited(process)
	})
	if err == nil && hasExited(process) {
		err = fmt.Errorf("%s ended: %s", process.Name, process.Log())
	}
	if err != nil {
		return spent{}, err
	}
	return st.spend(t.peer.asks, t.timing.watching())
}
