//go:build linux || darwin

package main

import (
	"math"
	"testing"
	"time"

	"example.com/leaderelection"
)

// FuzzDemoTTL: candidates of the demo get times that an election can keep.
func FuzzDemoTTL(f *testing.F) {
	for _, ttl := range []time.Duration{0, -1, 1, leaderelection.MinLockTTL - 1, leaderelection.MinLockTTL, demoTTL, time.Hour, math.MaxInt64, math.MinInt64} {
		f.Add(int64(ttl))
	}
	f.Fuzz(func(t *testing.T, ttl int64) {
		settings, err := demoSettings(time.Duration(ttl))
		if (err != nil) != (time.Duration(ttl) < leaderelection.MinLockTTL) {
			t.Fatalf("%v: %v", time.Duration(ttl), err)
		}
		if err == nil && (settings.TTL != time.Duration(ttl) || settings.Heartbeat <= 0 || settings.Retry <= 0 || settings.Heartbeat >= settings.TTL) {
			t.Errorf("%v became %+v", time.Duration(ttl), settings)
		}
	})
}
