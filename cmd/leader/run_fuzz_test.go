//go:build unix

package main

import (
	"errors"
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
		if key == "" {
			return // which checkGiven refuses
		}
		options := runOptions{grace: time.Duration(grace), participant: participant{config: leaderelection.Config{
			RedisKeyName: key, RedisInfoKeyName: infoKey, InstanceID: id,
			LockTTL: time.Duration(ttl), HeartbeatInterval: time.Duration(heartbeat), RetryInterval: time.Duration(retry),
		}}}
		if err := errors.Join(options.complete(), checkTime("grace", options.grace)); err != nil {
			if !strings.Contains(err.Error(), "--") {
				t.Errorf("%+v: %v, which names no flag", options, err)
			}
			return
		}
		config := options.config
		if config.LockTTL != time.Duration(ttl) || heartbeat != 0 && config.HeartbeatInterval != time.Duration(heartbeat) || retry != 0 && config.RetryInterval != time.Duration(retry) {
			t.Errorf("%v %v %v became %+v", time.Duration(ttl), time.Duration(heartbeat), time.Duration(retry), config)
		}
		if config.HeartbeatInterval <= 0 || config.RetryInterval <= 0 {
			t.Errorf("a time that is none: %+v", config)
		}
		lease := newLease(config.LockTTL)
		_, err := leaderelection.New(memstore.New(), &config, leaderelection.WithSafetyMargin(lease.margin),
			leaderelection.WithDrainTimeout(options.grace+2*killedAfter), leaderelection.WithLogger(newLogger(t.Output(), options.level())))
		if err != nil && !strings.Contains(err.Error(), "RedisInfoKeyName are both") {
			t.Errorf("%+v: %v", options, err)
		}
		expectTimeToKill(t, lease)
	})
}

// expectTimeToKill expects a command to have time from the grant on, and to be dead
// before the lease ends.
func expectTimeToKill(t *testing.T, l *lease) {
	t.Helper()
	now := time.Now()
	l.Observe(leaderelection.Event{Kind: leaderelection.Elected, Term: 1, Time: now})
	got, _ := l.of(1)
	asked, killed := time.Unix(0, got.Ask.Wall).Sub(now), time.Unix(0, got.Kill.Wall).Sub(now)
	if asked <= 0 || killed <= asked || killed > l.ttl-l.reserve || l.reserve < leaderelection.MinLockTTL/10 {
		t.Errorf("of a lease of %v a command is asked to end after %v, and killed after %v", l.ttl, asked, killed)
	}
}
