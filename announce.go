package leaderelection

import (
	"context"
	"log/slog"
	"time"
)

// courtesyTimeout is what a release may take at the least, however short the heartbeats
// are.
const courtesyTimeout = time.Second

// announce publishes LeaderInfo for readers outside this library, if the store
// does such a thing. The heartbeat, which was at that time of the store's, does not
// wait for it.
func (c *candidacy) announce(t *term, heartbeat time.Time) {
	info := LeaderInfo{
		InstanceID:    c.candidate.ID,
		Hostname:      c.candidate.Hostname,
		StartedAt:     t.since,
		LastHeartbeat: heartbeat,
		Term:          t.term,
	}
	c.tell(t, func(ctx context.Context, announcer Announcer) error {
		return announcer.Announce(ctx, t.tenure(), info)
	})
}

// retract takes it back. It is no part of the release: the key that is announced
// under may be out of reach where the lease is not, and must not delay others.
func (c *candidacy) retract(t *term) {
	c.tell(t, func(ctx context.Context, announcer Announcer) error {
		return announcer.Retract(ctx, t.tenure())
	})
}

func (c *candidacy) tell(t *term, news func(context.Context, Announcer) error) {
	announcer, ok := c.store.(Announcer)
	if !ok {
		return
	}
	c.announcements.post(func(int) {
		ctx, cancel := c.machine.WithTimeout(context.Background(), c.timing.heartbeat)
		defer cancel()
		err := c.otherCalls.during(ctx, func() error { return news(ctx, announcer) })
		if err != nil {
			c.notices.observe(Event{Kind: AnnounceFailed, Term: t.term, Err: err})
		}
		if failed := err != nil; failed && !c.announceFailing.Swap(failed) {
			c.notices.log(slog.LevelWarn, "cannot publish who leads for outside readers; the election is not affected", slog.Any("error", err))
		}
		c.announceFailing.Store(err != nil)
	})
}
