package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/contender"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
)

// By the usage of https://pkg.go.dev/github.com/go-redsync/redsync/v4, over one
// Redis. Its documentation of Valid says to use Until instead, so leadership here is
// the flag of the loop and Until, as of the last answer.
var redsyncPeer = peer{
	name:  "redsync",
	note:  "TryLock every retry interval, Extend every heartbeat, step down at the first error; leadership is a flag and `Until`",
	store: func(s *scope) store { return startRedis(s) },
	dial: func(address string, _ func()) (connection, error) {
		client := newGoRedis(address)
		return redsyncConnection{lockConnection{Client: client}, redsync.New(goredis.NewPool(client))}, nil
	},
	leaseKey: sameKey,
}

type redsyncConnection struct {
	lockConnection
	redsync *redsync.Redsync
}

func (c redsyncConnection) candidate(s contender.Settings, became func()) (candidate, error) {
	held := &redsyncLock{mutex: c.redsync.NewMutex(s.Key, redsync.WithExpiry(s.TTL))}
	return &redsyncCandidate{loop{lock: held, settings: s, became: became}, held}, nil
}

type redsyncCandidate struct {
	loop
	held *redsyncLock
}

func (c *redsyncCandidate) IsLeader() bool {
	until := c.held.until.Load()
	return c.loop.IsLeader() && until != nil && time.Now().Before(*until)
}

type redsyncLock struct {
	mutex *redsync.Mutex
	until atomic.Pointer[time.Time] // the mutex's own may not be read while it is extended
}

func (l *redsyncLock) obtain(ctx context.Context) error {
	if err := l.mutex.TryLockContext(ctx); err != nil {
		return err
	}
	l.note()
	return nil
}

func (l *redsyncLock) refresh(ctx context.Context) error {
	ok, err := l.mutex.ExtendContext(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("redsync: not extended")
	}
	l.note()
	return nil
}

func (l *redsyncLock) release(ctx context.Context) error {
	_, err := l.mutex.UnlockContext(ctx)
	return err
}

func (l *redsyncLock) note() {
	until := l.mutex.Until()
	l.until.Store(&until)
}
