package main

import (
	"context"
	"errors"

	"example.com/leaderelection/internal/contender"
	"github.com/redis/go-redis/v9"
)

// By "Correct implementation with a single instance" of
// https://redis.io/docs/latest/develop/use/patterns/distributed-locks/: SET NX PX
// with a random value, and scripts that compare it.
var setNXPeer = peer{
	name:  "SET NX loop",
	note:  "SET NX PX every retry interval, PEXPIRE by a script that compares the value every heartbeat, step down at the first error; leadership is a flag",
	store: func(s *scope) store { return startRedis(s) },
	dial: func(address string, _ func()) (connection, error) {
		client := newGoRedis(address)
		return lockConnection{client, func(s contender.Settings) lock { return &setNXLock{client, s} }}, nil
	},
	leaseKey: sameKey,
	asks:     []string{"set", "eval", "evalsha", "hello"},
}

var (
	extendScript = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) else return 0 end`)
	deleteScript = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end`)
)

var errNotHeld = errors.New("SET NX: not held")

type setNXLock struct {
	client   *redis.Client
	settings contender.Settings // the ID is unique, and does for the random value
}

func (l *setNXLock) obtain(ctx context.Context) error {
	err := l.client.SetArgs(ctx, l.settings.Key, l.settings.ID, redis.SetArgs{Mode: "NX", TTL: l.settings.TTL}).Err()
	if errors.Is(err, redis.Nil) {
		return errNotHeld
	}
	return err
}

func (l *setNXLock) refresh(ctx context.Context) error {
	return done(extendScript.Run(ctx, l.client, []string{l.settings.Key}, l.settings.ID, l.settings.TTL.Milliseconds()))
}

func (l *setNXLock) release(ctx context.Context) error {
	return done(deleteScript.Run(ctx, l.client, []string{l.settings.Key}, l.settings.ID))
}

func done(answer *redis.Cmd) error {
	n, err := answer.Int()
	if err == nil && n == 0 {
		return errNotHeld
	}
	return err
}
