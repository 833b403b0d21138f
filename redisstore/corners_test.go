package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// strange is a client whose scripts answer with what no script of ours does, as
// those of a proxy that takes itself for a Redis may.
type strange struct{ reply any }

func (strange) DialHook(next redis.DialHook) redis.DialHook { return next }

func (strange) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s strange) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, command redis.Cmder) error {
		if script, ok := command.(*redis.Cmd); ok {
			script.SetVal(s.reply)
		}
		return nil
	}
}

// A reply that is none grants nothing: it is an unknown outcome, of which the
// error says in which election.
func TestStrangeRepliesAreUnknownOutcomes(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]any{
		"nothing": nil, "OK": "OK", "a number": int64(1), "a verdict only": []any{"granted"}, "an unheard-of verdict": []any{"crowned", "1", "1", "1", "1", "", "", "0", "0", "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
			defer func() { _ = client.Close() }()
			client.AddHook(strange{reply})
			trial := &trial{T: t, store: redisstore.New(client), key: "jobs"}
			c := trial.candidate("candidate", long)
			l := c.leaseOf("claim", answer{State: leaderelection.State{Term: 7}})
			for what, call := range map[string]func() (answer, error){
				"Acquire": func() (answer, error) { return c.try(c.bidOf("claim")) },
				"Renew":   l.tryRenew,
				"Release": func() (answer, error) { return answer{}, l.tryRelease() },
				"Read":    c.readOnce,
			} {
				a, err := call()
				if err == nil || misconfigured(err) != nil || !strings.Contains(err.Error(), `"jobs"`) || a.Verdict == leaderelection.Granted {
					t.Errorf("%s was answered %v, %v; want an unknown outcome of election jobs", what, a.Verdict, err)
				}
			}
		})
	}
}

// A bid that the client sends again is told what it was granted (F07), but not after
// another program has taken the lock meanwhile (F35): its leader would be the second.
func TestRepeatedBidIsNotGrantedBesideAnotherProgramsLock(t *testing.T) {
	each(t, func(t *trial) {
		c := t.settled().candidate("candidate", long)
		claim := newClaim()
		if first := c.acquire(claim); first.Verdict != leaderelection.Granted {
			t.Fatalf("the first time: %v", first.Verdict)
		}
		t.do("DEL", "jobs")
		older{t, "old-1"}.acquires(long)
		if again := c.acquire(claim); again.Verdict == leaderelection.Granted {
			t.Errorf("granted to candidate, while the answer says that it is led by %+v", again.Leader)
		}
		if got := t.do("GET", "jobs"); got != "old-1" {
			t.Errorf("the other program's lock holds %v", got)
		}
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

// What JSON cannot hold is not announced, and said so.
func TestATimeThatJSONCannotHoldIsNotAnnounced(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer func() { _ = client.Close() }()
	info := leaderelection.LeaderInfo{StartedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	err := redisstore.New(client).Announce(t.Context(), leaderelection.Tenure{}, info)
	if err == nil || misconfigured(err) != nil || !strings.Contains(err.Error(), "LeaderInfo") {
		t.Errorf("Announce: %v, want an error about LeaderInfo", err)
	}
}
