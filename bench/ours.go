package main

import (
	"context"
	"log/slog"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/redisstore"
	"github.com/redis/go-redis/v9"
)

// The client is made as the README's program makes it.
var oursPeer = peer{
	name:  oursName,
	note:  "redisstore over go-redis; the settings are its own",
	store: func(s *scope) store { return startRedis(s) },
	dial: func(address string, _ func()) (connection, error) {
		client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
		return oursConnection{client, redisstore.New(client)}, nil
	},
	leaseKey: sameKey,
	asks:     []string{"eval", "evalsha", "subscribe", "hello"},
}

type oursConnection struct {
	*redis.Client
	store *redisstore.Store
}

func (c oursConnection) candidate(s contender.Settings, became func()) (candidate, error) {
	return c.observed(s, became, nil)
}

func (c oursConnection) observed(s contender.Settings, became func(), observer leaderelection.Observer) (candidate, error) {
	election, err := leaderelection.New(c.store, &leaderelection.Config{
		RedisKeyName:      s.Key,
		RedisInfoKeyName:  s.InfoKey(),
		LockTTL:           s.TTL,
		HeartbeatInterval: s.Heartbeat,
		RetryInterval:     s.Retry,
		InstanceID:        s.ID,
	}, leaderelection.WithLogger(slog.New(slog.DiscardHandler)), leaderelection.WithObserver(observer))
	if err != nil {
		return nil, err
	}
	election.OnBecomeLeader(became)
	return oursCandidate{election}, nil
}

type oursCandidate struct{ *leaderelection.Election }

func (c oursCandidate) Run(ctx context.Context) error { return c.Start(ctx) }
