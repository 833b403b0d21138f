package main

import (
	"context"
	"time"

	"example.com/leaderelection/internal/contender"
	"github.com/bsm/redislock"
)

// By the example of https://pkg.go.dev/github.com/bsm/redislock: Obtain without a
// retry strategy, Refresh, Release.
var redislockPeer = peer{
	name:  "redislock",
	note:  "Obtain every retry interval, Refresh every heartbeat, step down at the first error; leadership is a flag",
	store: func(s *scope) store { return startRedis(s) },
	dial: func(address string, _ func()) (connection, error) {
		client := newGoRedis(address)
		locker := redislock.New(client)
		return lockConnection{client, func(s contender.Settings) lock {
			return &redislockLock{locker: locker, key: s.Key, ttl: s.TTL}
		}}, nil
	},
	leaseKey: sameKey,
}

type redislockLock struct {
	locker *redislock.Client
	key    string
	ttl    time.Duration
	held   *redislock.Lock
}

func (l *redislockLock) obtain(ctx context.Context) (err error) {
	l.held, err = l.locker.Obtain(ctx, l.key, l.ttl, nil)
	return err
}

func (l *redislockLock) refresh(ctx context.Context) error { return l.held.Refresh(ctx, l.ttl, nil) }

func (l *redislockLock) release(ctx context.Context) error { return l.held.Release(ctx) }
