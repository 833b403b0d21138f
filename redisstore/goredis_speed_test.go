package redisstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// BenchmarkCalls has a bare round trip of the same client to the same server before
// each call, which bench/guard measures it by.
func BenchmarkCalls(b *testing.B) {
	client, store := settledStore(b)
	tenure := lead(b, store, time.Hour)
	bid := leaderelection.Bid{Candidate: tenure.Candidate, Claim: newClaim()}
	bid.ID = "rival"
	info := leaderelection.LeaderInfo{InstanceID: tenure.ID, Hostname: tenure.Hostname, Term: tenure.Term, StartedAt: tenure.Since, LastHeartbeat: tenure.Since}

	ping := func(ctx context.Context) error { return client.Ping(ctx).Err() }
	for name, call := range map[string]func(context.Context) error{
		"Renew": func(ctx context.Context) error {
			return wants(leaderelection.Granted)(store.Renew(ctx, tenure))
		},
		"RefusedAcquire": func(ctx context.Context) error {
			return wants(leaderelection.Held)(store.Acquire(ctx, bid))
		},
		"Announce": func(ctx context.Context) error {
			return store.Announce(ctx, tenure, info)
		},
		"Read": func(ctx context.Context) error {
			return wants(leaderelection.Held)(store.Read(ctx, tenure.Candidate))
		},
	} {
		b.Run("Ping", repeat(ping))
		b.Run(name, repeat(call))
	}
}

func wants(want leaderelection.Verdict) func(leaderelection.State, error) error {
	return func(state leaderelection.State, err error) error {
		if err == nil && state.Verdict != want {
			return fmt.Errorf("answered %v, want %v", state.Verdict, want)
		}
		return err
	}
}

func repeat(call func(context.Context) error) func(*testing.B) {
	return func(b *testing.B) {
		ctx, cancel := context.WithTimeout(b.Context(), time.Hour) // the client has a deadline to set, as in an election
		defer cancel()
		b.ReportAllocs()
		for b.Loop() {
			if err := call(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkHeartbeat is of a whole election that leads. How long each takes is its
// pace; it is about what each allocates.
func BenchmarkHeartbeat(b *testing.B) {
	_, store := settledStore(b)
	beats := make(chan struct{}, 1)
	observer := leaderelection.ObserverFunc(func(event leaderelection.Event) {
		if event.Kind == leaderelection.Renewed {
			select {
			case beats <- struct{}{}:
			default: // the benchmark is over
			}
		}
	})
	election, err := leaderelection.New(store, &leaderelection.Config{LockTTL: time.Hour, HeartbeatInterval: 10 * time.Millisecond},
		leaderelection.WithObserver(observer), leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = election.Start(b.Context()) }()
	defer func() { _ = election.Stop(); <-ended }()

	for range 10 { // it leads, and its connections are made
		<-beats
	}
	b.ReportAllocs()
	for b.Loop() {
		<-beats
	}
}

// settledStore has a first short lease behind it, as trial.settled, and may then grant
// long ones.
func settledStore(b *testing.B) (*redis.Client, *redisstore.Store) {
	b.Helper()
	client := redistest.Start(b).Client(b)
	store := redisstore.New(client)
	if err := store.Release(b.Context(), lead(b, store, 100*time.Millisecond)); err != nil {
		b.Fatal(err)
	}
	return client, store
}

// lead bids until it is granted a lease.
func lead(b *testing.B, store *redisstore.Store, ttl time.Duration) leaderelection.Tenure {
	b.Helper()
	who := leaderelection.Candidate{
		Key: leaderelection.DefaultRedisKeyName, InfoKey: leaderelection.DefaultRedisInfoKeyName,
		ID: "leader", Hostname: "host-of-leader", TTL: ttl, Retry: short,
	}
	for {
		claim := newClaim()
		state, err := store.Acquire(b.Context(), leaderelection.Bid{Candidate: who, Claim: claim})
		switch {
		case err != nil:
			b.Fatal(err)
		case state.Verdict == leaderelection.Granted:
			return leaderelection.Tenure{Candidate: who, Claim: claim, Term: state.Term, Since: state.Now, Reason: "measured"}
		}
		time.Sleep(state.Remaining + grain)
	}
}
