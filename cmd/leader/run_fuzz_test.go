//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// FuzzRunOptions: what the flags say is refused by the name of a flag, or makes an
// election whose leader has time to end its command.
func FuzzRunOptions(f *testing.F) {
	s := int64(time.Second)
	f.Add("", "", "", 10*s, int64(0), int64(0), 10*s)
	f.Add("jobs", "", "me", s/10, int64(0), int64(0), int64(0))
	f.Add("jobs", "jobs", "", 10*s, 3*s, 2*s, 10*s)
	f.Add("jobs", "info", "", 10*s, 20*s, int64(1), int64(1))
	f.Add(leaderelection.DefaultRedisInfoKeyName, "", "", 10*s, int64(0), int64(0), s)
	f.Add("x", "", "", -s, -s, -s, -s)
	f.Add("x", "", "", int64(1)<<62, int64(0), int64(0), int64(1<<63-1))
	f.Add("x", "", "", int64(1<<63-1), int64(1<<63-1), int64(1<<63-1), int64(1))
	f.Add("x", "", "", 60*s, int64(0), int64(0), int64(1<<63-1))
	f.Fuzz(func(t *testing.T, key, infoKey, id string, ttl, heartbeat, retry, grace int64) {
		options := runOptions{grace: time.Duration(grace), config: leaderelection.Config{
			RedisKeyName: key, RedisInfoKeyName: infoKey, InstanceID: id,
			LockTTL: time.Duration(ttl), HeartbeatInterval: time.Duration(heartbeat), RetryInterval: time.Duration(retry),
		}}
		if err := options.complete(); err != nil {
			if !strings.Contains(err.Error(), "--") {
				t.Errorf("%+v: %v, which names no flag", options, err)
			}
			return
		}
		config := options.config
		if config.RedisKeyName == "" {
			t.Errorf("key %q: the command is told that LEADER_KEY is %q", key, config.RedisKeyName)
		}
		if config.LockTTL != time.Duration(ttl) || heartbeat != 0 && config.HeartbeatInterval != time.Duration(heartbeat) || retry != 0 && config.RetryInterval != time.Duration(retry) {
			t.Errorf("%v %v %v became %+v", time.Duration(ttl), time.Duration(heartbeat), time.Duration(retry), config)
		}
		if config.HeartbeatInterval <= 0 || config.RetryInterval <= 0 {
			t.Errorf("a time that is none: %+v", config)
		}
		margin := config.LockTTL / 5 // as run has it
		_, err := leaderelection.New(memstore.New(), &config, leaderelection.WithSafetyMargin(margin),
			leaderelection.WithDrainTimeout(options.grace+killedAfter), leaderelection.WithLogger(newLogger(t.Output(), options.level())))
		if err != nil && !strings.Contains(err.Error(), "RedisInfoKeyName are both") {
			t.Errorf("%+v: %v", options, err)
		}
		expectTimeToKill(t, config.LockTTL, margin/2)
	})
}

// expectTimeToKill expects a command to have time from the grant on, and to be dead
// before the lease ends.
func expectTimeToKill(t *testing.T, ttl, reserve time.Duration) {
	t.Helper()
	now := time.Now()
	l := newLease(ttl, reserve)
	l.Observe(leaderelection.Event{Kind: leaderelection.Elected, Time: now})
	if got := l.timeToKill(now); got <= 0 || got > ttl-reserve {
		t.Errorf("of a lease of %v less %v a command gets %v", ttl, reserve, got)
	}
}
