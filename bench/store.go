package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/redistest"
	"github.com/redis/go-redis/v9"
)

// store is what a peer keeps its elections in.
type store interface {
	addr() string
	// leaseEnd is when the lease ends that stands now, whose holder has just died.
	leaseEnd(lease) (time.Duration, error)
	// load counts what the store is asked within a span of time.
	load(window time.Duration) (load, error)
}

// restarter is a store that can be restarted: empty if it is Redis, which keeps
// nothing unless it was told to.
type restarter interface{ restart() }

// lease says whose lease is meant.
type lease struct {
	peer     peer
	election string
	ttl      time.Duration
	leader   string // its process
	history  *belief.History
}

// load is what a store was asked.
type load struct {
	requests int64 // by clients
	executed int64 // commands, also those inside scripts; 0 where that means nothing
}

func counted(window time.Duration, read func() (int64, error)) (load, error) {
	before, err := read()
	time.Sleep(window)
	after, err2 := read()
	return load{requests: after - before}, errors.Join(err, err2)
}

// redisStore is a redis-server without persistence.
type redisStore struct {
	*redistest.Server
	client *redis.Client
}

func startRedis(s *scope, opts ...redistest.Option) *redisStore {
	server := redistest.Start(s, opts...)
	options := server.Options()
	options.MaxRetries = -1 // who traces a Redis that restarts asks again himself, and sooner
	client := redis.NewClient(options)
	s.Cleanup(func() { _ = client.Close() })
	return &redisStore{server, client}
}

func (r *redisStore) addr() string { return r.Addr() }

func (r *redisStore) restart() { r.RestartEmpty() }

func (r *redisStore) leaseEnd(lease lease) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	key := lease.peer.leaseKey(lease.election)
	asked := belief.Now()
	left, err := r.client.PTTL(ctx, key).Result()
	if err == nil && left <= 0 {
		err = fmt.Errorf("no lease stands in %s", key)
	}
	return asked + left, err
}

// load listens to MONITOR: INFO counts the commands inside scripts together with
// those that clients have sent.
func (r *redisStore) load(window time.Duration) (counts load, err error) {
	conn, err := net.DialTimeout("tcp", r.Addr(), patience)
	if err != nil {
		return load{}, err
	}
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	if _, err = conn.Write([]byte("MONITOR\r\n")); err != nil {
		return load{}, err
	}
	if _, err = lines.ReadString('\n'); err != nil { // +OK
		return load{}, err
	}
	if err = conn.SetReadDeadline(time.Now().Add(window)); err != nil {
		return load{}, err
	}
	for {
		line, err := lines.ReadString('\n')
		if isTimeout(err) {
			return counts, nil
		}
		if err != nil {
			return load{}, err
		}
		counts.executed++
		if !strings.Contains(line, " lua] ") { // +1700000000.123456 [0 lua] "get" …
			counts.requests++
		}
	}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
