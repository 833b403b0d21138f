package redisstore

import (
	"context"
	"sync/atomic"
)

// overdue counts the round trips that nobody waits for any more.
type overdue struct {
	open atomic.Int64
}

// maxOverdue is how many round trips of all elections of a Store may outlast their
// time, each of which keeps a connection of the user's pool, before calls are refused
// that can wait. Renewals and releases cannot: a shard that hangs must not depose
// the leaders whose shards don't. They are bounded by each election.
const maxOverdue = 16

// Stalled reports whether that many do.
func (s *server) Stalled() bool { return s.overdue.open.Load() >= maxOverdue }

// watch counts a round trip from when its time is over, when it also calls late, until
// it has ended. ended reports whether that was in time.
func (o *overdue) watch(ctx context.Context, late func()) (ended func() (inTime bool)) {
	stop := context.AfterFunc(ctx, func() {
		o.open.Add(1)
		late()
	})
	return func() bool {
		inTime := stop()
		if !inTime {
			o.open.Add(-1)
		}
		return inTime
	}
}
