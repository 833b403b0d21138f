package main

import (
	"context"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/contender"
	"github.com/redis/go-redis/v9"
)

// lock is what a lock library offers, as far as a leader needs it.
type lock interface {
	obtain(ctx context.Context) error // an error says: not now
	refresh(ctx context.Context) error
	release(ctx context.Context) error
}

// loop makes a leader election of a lock, as a careful user would: a flag that is
// up while the lock is held, a ticker to refresh it, down at the first error. Every
// call has a deadline, so that a silent network cannot hold the flag up; none of
// the libraries asks for that, and without it they would do worse here.
type loop struct {
	lock
	settings contender.Settings
	became   func()
	leading  atomic.Bool
}

func (l *loop) IsLeader() bool { return l.leading.Load() }

func (l *loop) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if within(ctx, l.settings.Retry, l.obtain) == nil {
			l.lead(ctx)
		}
		rest(ctx, l.settings.Retry)
	}
	return nil
}

func (l *loop) lead(ctx context.Context) {
	l.leading.Store(true)
	defer l.leading.Store(false)
	l.became()
	heartbeat := time.NewTicker(l.settings.Heartbeat)
	defer heartbeat.Stop()
	for {
		select {
		case <-ctx.Done():
			l.leading.Store(false) // first, or the next one could start beside it
			_ = within(context.WithoutCancel(ctx), l.settings.Heartbeat, l.release)
			return
		case <-heartbeat.C:
			if within(ctx, l.settings.Heartbeat, l.refresh) != nil {
				return
			}
		}
	}
}

func within(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return call(ctx)
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// newGoRedis makes the client of all locks over go-redis. ContextTimeoutEnabled is
// what lets their calls have deadlines.
func newGoRedis(address string) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
}

// lockConnection makes loops of a library's locks.
type lockConnection struct {
	*redis.Client
	lock func(settings contender.Settings) lock
}

func (c lockConnection) candidate(s contender.Settings, became func()) (candidate, error) {
	return &loop{lock: c.lock(s), settings: s, became: became}, nil
}
