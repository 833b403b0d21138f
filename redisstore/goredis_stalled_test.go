package redisstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// A client without ContextTimeoutEnabled waits for ReadTimeout, however little
// time a call has. Such calls must not take all of the user's connections.
func TestF34CallsOpenBeyondTheirTimeAreBounded(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		proxy := redistest.NewProxy(t, t.server.Addr())
		client := redis.NewClient(&redis.Options{Addr: proxy.Addr(), ReadTimeout: patience, PoolSize: 30, MaxRetries: -1})
		t.Cleanup(func() { _ = client.Close() })
		store := redisstore.New(client)
		who := t.candidate("reader", short).who
		if _, err := store.Read(t.Context(), who); err != nil {
			t.Fatal(err)
		}

		// Given a network that went silent, and 16 calls that nobody waits for any more,
		proxy.BlackHole()
		ended, cancel := context.WithCancel(t.Context())
		cancel() // a call with it asks nobody
		ctx, cancel := context.WithCancel(t.Context())
		var open sync.WaitGroup
		for range 16 {
			open.Go(func() { _, _ = store.Read(ctx, who) })
		}
		eventually(t, "16 connections in use", func() bool {
			stats := client.PoolStats()
			return stats.TotalConns-stats.IdleConns >= 16
		})
		if _, err := store.Read(ended, who); errors.Is(err, leaderelection.ErrStoreStalled) {
			t.Error("stalled by calls that still have time")
		}
		cancel()

		// then the next returns at once, without a connection.
		eventually(t, "a stalled store", func() bool {
			_, err := store.Read(ended, who)
			return errors.Is(err, leaderelection.ErrStoreStalled)
		})
		before := client.PoolStats().TotalConns
		for range 100 {
			if _, err := store.Read(t.Context(), who); !errors.Is(err, leaderelection.ErrStoreStalled) {
				t.Fatalf("the store is asked all the same: %v", err)
			}
		}
		if after := client.PoolStats().TotalConns; after > before {
			t.Errorf("%d connections, %d before", after, before)
		}

		// When the network is back, so is the store.
		proxy.Restore()
		open.Wait()
		eventually(t, "an answer", func() bool {
			_, err := store.Read(t.Context(), who)
			return err == nil
		})
	})
}

// A store that is stalled refuses what can wait, and only that: leaders renew and
// release, since it may be another shard that hangs (F34, F38).
func TestStalledStoreRefusesBidsAndAnnouncementsOnly(t *testing.T) {
	each(t, func(t *trial) {
		// Given a leader, and a store with 16 calls that have outlived their time,
		leader := t.settled().candidate("leader", long).win()
		proxy := redistest.NewProxy(t, t.server.Addr())
		silent := redis.NewClient(&redis.Options{Addr: proxy.Addr(), ReadTimeout: patience, PoolSize: 40, MaxRetries: -1})
		t.Cleanup(func() { _ = silent.Close() })
		leader.store = redisstore.New(silent)
		leader.renew("by way of the proxy")
		proxy.BlackHole()
		ctx, cancel := context.WithCancel(t.Context())
		var open sync.WaitGroup
		for range 16 {
			open.Go(func() { _, _ = leader.store.Read(ctx, leader.who) })
		}
		eventually(t, "16 connections in use", func() bool {
			stats := silent.PoolStats()
			return stats.TotalConns-stats.IdleConns >= 16
		})
		cancel()
		ended, cancel := context.WithCancel(t.Context())
		cancel() // a call with it asks nobody
		eventually(t, "a stalled store", func() bool {
			_, err := leader.store.Read(ended, leader.who)
			return errors.Is(err, leaderelection.ErrStoreStalled)
		})

		// then bids and announcements are refused,
		_, err := leader.store.Acquire(t.Context(), leaderelection.Bid{Candidate: leader.who, Claim: newClaim()})
		for what, err := range map[string]error{
			"Acquire": err, "Announce": leader.store.Announce(t.Context(), leader.tenure, leader.info()), "Retract": leader.store.Retract(t.Context(), leader.tenure),
		} {
			if !errors.Is(err, leaderelection.ErrStoreStalled) {
				t.Errorf("%s: %v, want ErrStoreStalled", what, err)
			}
		}

		// and a renewal and a release are sent all the same.
		_, err = leader.store.Renew(ended, leader.tenure)
		if errors.Is(err, leaderelection.ErrStoreStalled) || errors.Is(leader.store.Release(ended, leader.tenure), leaderelection.ErrStoreStalled) {
			t.Error("a leader is kept from its lease")
		}
		proxy.Restore()
		open.Wait()
		eventually(t, "a renewal", func() bool {
			a, err := leader.tryRenew()
			return err == nil && a.Verdict == leaderelection.Granted
		})
	})
}
