package leaderelection

import (
	"math"
	"testing"
	"time"

	"example.com/leaderelection/internal/machine"
)

// FuzzTiming: whatever Validate accepts makes an election that renews in time, and
// that never waits for less than no time or for longer than it should.
func FuzzTiming(f *testing.F) {
	seconds := func(n time.Duration) int64 { return int64(n * time.Second) }
	f.Add(int64(0), int64(0), int64(0), int64(0), int64(0), uint64(0))
	f.Add(seconds(10), seconds(3), seconds(2), seconds(1), seconds(4), uint64(1))
	f.Add(int64(MinLockTTL), int64(MinLockTTL)-1, int64(1), int64(MinLockTTL)/2-1, int64(-1), uint64(3))
	f.Add(int64(MinLockTTL), int64(1), int64(2), int64(1), int64(1), uint64(math.MaxUint64))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(0), int64(math.MaxInt64), uint64(5))
	f.Add(int64(math.MaxInt64), int64(1), int64(math.MaxInt64), int64(math.MaxInt64)/2-1, int64(math.MinInt64), uint64(7))
	f.Fuzz(func(t *testing.T, ttl, heartbeat, retry, margin, remaining int64, chance uint64) {
		config := Config{LockTTL: time.Duration(ttl), HeartbeatInterval: time.Duration(heartbeat), RetryInterval: time.Duration(retry)}
		if config.Validate() != nil {
			return
		}
		var opts []Option
		if margin != 0 { // else the default
			opts = append(opts, WithSafetyMargin(time.Duration(margin)))
		}
		settings, err := newSettings(config.LockTTL, opts)
		if err != nil {
			return
		}
		pace, shortened := newTiming(&config, settings.safetyMargin)
		pace.random = func(n time.Duration) time.Duration {
			if n <= 0 {
				t.Fatalf("chance is asked for less than %v", n) // the real one panics
			}
			return time.Duration(chance % uint64(n))
		}
		expectRoomForTwoRenewals(t, config, pace, shortened)
		expectSensibleWaits(t, pace, time.Duration(remaining))
		expectSensibleDeadline(t, pace)
	})
}

func expectRoomForTwoRenewals(t *testing.T, config Config, pace timing, shortened bool) {
	t.Helper()
	if pace.margin <= 0 || pace.heartbeat <= 0 || pace.retry < shortestInterval || pace.heartbeat > (pace.ttl-pace.margin)/2 {
		t.Errorf("%+v became %+v", config, pace)
	}
	if wanted := max(config.HeartbeatInterval, shortestInterval); shortened != (pace.heartbeat < wanted) || pace.heartbeat > wanted {
		t.Errorf("%v became %v, shortened: %v", config.HeartbeatInterval, pace.heartbeat, shortened)
	}
}

func expectSensibleWaits(t *testing.T, pace timing, remaining time.Duration) {
	t.Helper()
	for _, candidates := range []int{-1, 0, few, few + 1, 1000, math.MaxInt} {
		got, turns := pace.followerWait(remaining, candidates), min(time.Duration(max(0, min(candidates, many)-few))*apart, pace.retry)
		if got <= 0 || got > pace.pause(candidates) || remaining >= 0 && remaining < got-2*afterExpiry-turns {
			t.Errorf("one of %d waits for %v with %v remaining and a retry of %v", candidates, got, remaining, pace.retry)
		}
	}
	for _, n := range []int{1, 2, 3, 4, 5, math.MaxInt} {
		if got := pace.backoff(n); got <= 0 || got > pace.retry {
			t.Errorf("after %d failures it waits for %v, with a retry of %v", n, got, pace.retry)
		}
	}
	if got := pace.renewalRetry(max(0, remaining)); got <= 0 || got > pace.heartbeat/4 {
		t.Errorf("after a failed renewal it waits for %v, with a heartbeat of %v", got, pace.heartbeat)
	}
	if left := remaining; left > 0 && left <= pace.ttl { // as lease.remaining has it
		if call, release := pace.callTimeout(left), pace.releaseTimeout(left); call <= 0 || call > left || release < call || release > left {
			t.Errorf("with %v left a renewal may take %v and a release %v", left, call, release)
		}
	}
}

// A lease must be valid when it has just been granted, and end after its length by
// both clocks: the monotonic one counts from the start of the process, the other
// from 1970.
func expectSensibleDeadline(t *testing.T, pace timing) {
	t.Helper()
	mono, wall := machine.Real{}.Clocks()
	now := instant{mono: mono, wall: wall}
	l := &lease{deadline: pace.deadline(now)}
	length := pace.ttl - pace.margin
	if !l.validAt(now) {
		t.Errorf("a lease of %v less %v is over at once: %+v at %+v", pace.ttl, pace.margin, l.deadline, now)
		return
	}
	if got := l.remaining(now); got <= 0 || got > length {
		t.Errorf("of a lease of %v less %v there remains %v", pace.ttl, pace.margin, got)
	}
	if length < 100*365*24*time.Hour && (l.remaining(now) != length || l.validAt(now.plus(length))) {
		t.Errorf("a lease of %v less %v lasts until %+v", pace.ttl, pace.margin, l.deadline)
	}
}
