package main

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/leaderelection/internal/contender"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"
)

// By the README of https://github.com/redis/rueidis/tree/main/rueidislock:
// KeyMajority 1 for one Redis, NoLoopTracking for Redis 7.0.5 and newer. A Locker has
// one validity for all its locks, so it is made with the first candidate's.
var rueidislockPeer = peer{
	name:  "rueidislock",
	note:  "KeyMajority 1, NoLoopTracking, KeyValidity is the TTL, ExtendInterval the heartbeat; followers wait for invalidations, there is no retry interval; leadership is a ctx",
	store: func(s *scope) store { return startRedis(s) },
	dial: func(address string, _ func()) (connection, error) {
		return &rueidislockConnection{address: address}, nil
	},
	leaseKey: func(election string) string { return "rueidislock:0:" + election },
	asks:     []string{"eval", "evalsha", "subscribe", "hello"},
}

type rueidislockConnection struct {
	address string
	once    sync.Once
	locker  rueidislock.Locker
	err     error
}

func (c *rueidislockConnection) candidate(s contender.Settings, became func()) (candidate, error) {
	c.once.Do(func() {
		c.locker, c.err = rueidislock.NewLocker(rueidislock.LockerOption{
			ClientOption:   rueidis.ClientOption{InitAddress: []string{c.address}},
			KeyMajority:    1,
			NoLoopTracking: true,
			KeyValidity:    s.TTL,
			ExtendInterval: s.Heartbeat,
		})
	})
	if c.err != nil {
		return nil, c.err
	}
	return &rueidislockCandidate{locker: c.locker, settings: s, became: became}, nil
}

func (c *rueidislockConnection) Close() error {
	if c.locker != nil {
		c.locker.Close()
	}
	return nil
}

type rueidislockCandidate struct {
	locker   rueidislock.Locker
	settings contender.Settings
	became   func()
	held     atomic.Pointer[context.Context] // what WithContext returned
}

func (c *rueidislockCandidate) IsLeader() bool {
	held := c.held.Load()
	return held != nil && (*held).Err() == nil
}

func (c *rueidislockCandidate) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		// Not a child of ctx: its end would release the lock by itself, and the
		// README has the user call cancel.
		held, cancel, err := c.lock(ctx)
		if err != nil {
			rest(ctx, c.settings.Retry)
			continue
		}
		c.held.Store(&held)
		c.became()
		select {
		case <-ctx.Done():
		case <-held.Done(): // it is no longer held
		}
		c.held.Store(nil)
		cancel()
	}
	return nil
}

// lock waits for the lock until ctx ends.
func (c *rueidislockCandidate) lock(ctx context.Context) (context.Context, context.CancelFunc, error) {
	waiting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, giveUp)
	held, cancel, err := c.locker.WithContext(waiting, c.settings.Key)
	stop()
	if err != nil {
		giveUp()
		return nil, nil, err
	}
	return held, func() { cancel(); giveUp() }, nil
}
