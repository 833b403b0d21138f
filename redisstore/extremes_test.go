package redisstore_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// Scripts take 31 years in milliseconds, and refuse more as garbage that somebody
// has put there: the election would be locked by its own record.
func TestTimesThatScriptsCannotTakeAreRefused(t *testing.T) {
	t.Parallel()
	store := newStore(t, &redis.Options{Addr: "127.0.0.1:1"})
	for name, config := range map[string]*leaderelection.Config{
		"LockTTL":       {LockTTL: math.MaxInt64},
		"RetryInterval": {RetryInterval: math.MaxInt64},
	} {
		if _, err := leaderelection.New(store, config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s of 292 years: %v, want an error that names it", name, err)
		}
	}
	if _, err := leaderelection.New(store, &leaderelection.Config{LockTTL: 10 * 365 * 24 * time.Hour}); err != nil {
		t.Errorf("a LockTTL of 10 years: %v", err)
	}
}

// The embedded server's expiries are Durations themselves, so this is a real one's:
// a lock that somebody set to expire in hundreds of years is held for long, and not
// for less than no time, which would mean that it has no expiry (F35).
func TestALockThatExpiresInCenturiesIsHeldForLong(t *testing.T) {
	t.Parallel()
	trial := newTrial(t, redistest.Start(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, at := range []int64{1 << 44, 20_000_000_000_000, 1 << 53, math.MaxInt64} {
		trial.do("SET", "jobs", "old", "PXAT", at)
		a, err := trial.store.Read(ctx, trial.candidate("reader", long).who)
		if err != nil || a.Verdict != leaderelection.Held || a.Remaining < 200*365*24*time.Hour {
			t.Errorf("a lock until %d ms after 1970: %v, %v, %v remaining", at, err, a.Verdict, a.Remaining)
		}
	}
}
