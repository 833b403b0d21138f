package miniserver_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/miniserver"
)

func TestRestartLosesEverything(t *testing.T) {
	s, client := start(t)
	ctx := t.Context()
	sha := client.ScriptLoad(ctx, "return 1").Val()
	client.Set(ctx, "key", "value", 0)
	before := field(t, client, "server", "run_id")

	s.Restart()

	client.Ping(ctx)
	if n := client.DBSize(ctx).Val(); n != 0 {
		t.Errorf("%d keys survived", n)
	}
	if err := client.EvalSha(ctx, sha, nil).Err(); !redis.HasErrorPrefix(err, "NOSCRIPT") {
		t.Errorf("a script survived: %v", err)
	}
	if after := field(t, client, "server", "run_id"); after == before {
		t.Error("it calls itself the same server")
	}
}

func TestRestartKeepingDataLosesScriptsOnly(t *testing.T) {
	s, client := start(t)
	ctx := t.Context()
	sha := client.ScriptLoad(ctx, "return 1").Val()
	client.Set(ctx, "key", "value", time.Hour)
	before := field(t, client, "server", "run_id")

	s.RestartKeepingData()

	client.Ping(ctx)
	if got := client.Get(ctx, "key").Val(); got != "value" {
		t.Errorf("key = %q", got)
	}
	if ttl := client.PTTL(ctx, "key").Val(); ttl <= 0 {
		t.Errorf("its expiry was lost: %v", ttl)
	}
	if err := client.EvalSha(ctx, sha, nil).Err(); !redis.HasErrorPrefix(err, "NOSCRIPT") {
		t.Errorf("a script survived: %v", err)
	}
	if after := field(t, client, "server", "run_id"); after == before {
		t.Error("it calls itself the same server")
	}
}

func TestSnapshotBringsBackEveryKindOfKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := miniserver.New()
		defer s.Close()
		client := connect(t, s)
		defer func() { _ = client.Close() }()
		ctx := t.Context()
		// Given data of every kind, some of it mortal, and errors for everybody else
		client.Set(ctx, "brief", "x", time.Second)
		client.Set(ctx, "mortal", "\x00\xff\r\n", time.Minute)
		client.HSet(ctx, "hash", "term", "1758000000000000", "empty", "")
		client.ZAdd(ctx, "zset", redis.Z{Score: 1758000000.123456, Member: "a"}, redis.Z{Score: -1, Member: "b"})
		client.XAdd(ctx, &redis.XAddArgs{Stream: "stream", Values: []string{"event", "elected"}})
		client.RPush(ctx, "list", "1", "2")
		client.SAdd(ctx, "set", "a", "b")
		client.Do(ctx, "EVAL", "redis.call('SELECT', 3) redis.call('SET', 'elsewhere', '3')", 0)
		entries := client.XRange(ctx, "stream", "-", "+").Val()
		s.SetError("LOADING Redis is loading the dataset in memory")
		snapshot := s.Snapshot()
		s.SetError("")

		// When the server goes back to it after ten seconds and a flush
		time.Sleep(10 * time.Second)
		client.FlushAll(ctx)
		s.RestartFrom(snapshot)

		// Then everything is as it was, but ten seconds older
		client.Ping(ctx)
		for _, check := range []struct {
			what      string
			got, want any
		}{
			{"brief", client.Exists(ctx, "brief").Val(), int64(0)},
			{"mortal", client.Get(ctx, "mortal").Val(), "\x00\xff\r\n"},
			{"mortal's ttl", client.PTTL(ctx, "mortal").Val().Round(time.Second), 50 * time.Second},
			{"hash", client.HGetAll(ctx, "hash").Val(), map[string]string{"term": "1758000000000000", "empty": ""}},
			{"zset", client.ZRangeWithScores(ctx, "zset", 0, -1).Val(), []redis.Z{{Score: -1, Member: "b"}, {Score: 1758000000.123456, Member: "a"}}},
			{"stream", client.XRange(ctx, "stream", "-", "+").Val(), entries},
			{"list", client.LRange(ctx, "list", 0, -1).Val(), []string{"1", "2"}},
			{"set", client.SMembers(ctx, "set").Val(), []string{"a", "b"}},
			{"key of another database here", client.Exists(ctx, "elsewhere").Val(), int64(0)},
			{"key of another database there", client.Eval(ctx, "redis.call('SELECT', 3) return redis.call('GET', 'elsewhere')", nil).Val(), "3"},
			{"flushes counted", field(t, client, "commandstats", "cmdstat_flushall"), ""},
		} {
			if got, want := fmt.Sprint(check.got), fmt.Sprint(check.want); got != want {
				t.Errorf("%s: got %q, want %q", check.what, got, want)
			}
		}
	})
}

func TestFailOverIsSeenAsPromotion(t *testing.T) {
	s, client := start(t, miniserver.WithUptime(time.Hour))
	none := strings.Repeat("0", 40)
	if got := field(t, client, "replication", "master_replid2"); got != none {
		t.Fatalf("master_replid2 of a new server: %s", got)
	}

	s.FailOver(nil)

	client.Ping(t.Context())
	if got := field(t, client, "replication", "master_replid2"); len(got) != 40 || got == none {
		t.Errorf("master_replid2 of a promoted one: %s", got)
	}
	if got := field(t, client, "server", "uptime_in_seconds"); len(got) != 4 {
		t.Errorf("uptime %s", got)
	}
}

// Restarts under fire, and over sockets: the race detector watches.
func TestRestartUnderLoadKeepsThePort(t *testing.T) {
	s := miniserver.New()
	t.Cleanup(s.Close)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	addr := s.Addr()
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
			defer func() { _ = client.Close() }()
			for ctx.Err() == nil {
				_ = client.Eval(ctx, `return redis.call('INCR', KEYS[1])`, []string{"n"}).Err()
				_ = client.XRead(ctx, &redis.XReadArgs{Streams: []string{"none", "$"}, Block: time.Millisecond}).Err()
			}
		})
	}

	for range 20 {
		s.RestartFrom(s.Snapshot())
		s.RestartKeepingData()
		s.Restart()
	}
	stop()
	load.Wait()

	if s.Addr() != addr {
		t.Errorf("listens on %s, was on %s", s.Addr(), addr)
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer func() { _ = client.Close() }()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}
