package redisfence_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
	"example.com/leaderelection/fence/redisfence"
	"example.com/leaderelection/internal/redistest"
)

const (
	fenceKey = "{report}:fence"
	key      = "{report}:latest"
)

// trial is a guard on a server, and a client to see what came of it.
type trial struct {
	*testing.T
	client *redis.Client
	guard  *redisfence.Guard
}

// each runs test on a real Redis and on the embedded one, each new.
func each(t *testing.T, test func(trial)) {
	t.Helper()
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		client := server.Client(t)
		test(trial{t, client, redisfence.New(client, fenceKey)})
	})
}

// in returns a ctx as Lead gives it to its work.
func (t trial) in(term int64) context.Context {
	return leaderelection.ContextWithTerm(t.Context(), term)
}

func (t trial) expect(key, want string) {
	t.Helper()
	if got, err := t.client.Get(t.Context(), key).Result(); got != want || err != nil && !errors.Is(err, redis.Nil) {
		t.Errorf("%s is %q (%v), want %q", key, got, err, want)
	}
}

func (t trial) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t trial) mustRefuse(err error, term, highest int64) {
	t.Helper()
	stale := (*fence.StaleError)(nil)
	if !errors.As(err, &stale) || *stale != (fence.StaleError{Resource: fenceKey, Term: term, Highest: highest}) {
		t.Errorf("%v, want that %d is refused for %d", err, term, highest)
	}
}

func TestSetTakesTheHighestTermOnly(t *testing.T) {
	each(t, func(t trial) {
		t.must(t.guard.Set(t.in(7), key, "of 7", 0))
		t.must(t.guard.Set(t.in(7), key, "again of 7", 0))
		t.must(t.guard.Set(t.in(9), key, "of 9", 0))
		t.mustRefuse(t.guard.Set(t.in(7), key, "late", 0), 7, 9)
		t.mustRefuse(t.guard.Set(t.in(8), key, "late", 0), 8, 9)
		t.expect(key, "of 9")
		t.expect(fenceKey, "9")
	})
}

// Server microseconds are below 2^53 for a while, but terms may be anything that
// fits into an int64; a Lua number may not tell two of those apart.
func TestTermsAreComparedExactly(t *testing.T) {
	terms := []int64{9, 10, 99, 100, 1 << 53, 1<<53 + 1, 1<<53 + 2, 999999999999999999, 1000000000000000000, 1<<63 - 2, 1<<63 - 1}
	each(t, func(t trial) {
		for i, term := range terms {
			t.must(t.guard.Check(t.in(term)))
			if i > 0 {
				t.mustRefuse(t.guard.Check(t.in(terms[i-1])), terms[i-1], term)
			}
		}
	})
}

func TestCheckAloneRaisesTheFence(t *testing.T) {
	each(t, func(t trial) {
		t.must(t.guard.Check(t.in(9)))
		t.mustRefuse(t.guard.Set(t.in(8), key, "late", 0), 8, 9)
		t.expect(key, "")
	})
}

func TestOneFenceGuardsManyKeys(t *testing.T) {
	each(t, func(t trial) {
		t.must(t.guard.Set(t.in(9), key, "of 9", 0))
		t.mustRefuse(t.guard.Set(t.in(8), "{report}:another", "late", 0), 8, 9)
		t.expect("{report}:another", "")
	})
}

func TestWithoutATermNothingIsWritten(t *testing.T) {
	each(t, func(t trial) {
		for _, ctx := range []context.Context{t.Context(), t.in(0), t.in(-5)} {
			if err := t.guard.Set(ctx, key, "x", 0); !errors.Is(err, fence.ErrNoTerm) {
				t.Errorf("%v, want ErrNoTerm", err)
			}
		}
		t.expect(key, "")
		t.expect(fenceKey, "")
	})
}

func TestSetAndExpiry(t *testing.T) {
	each(t, func(t trial) {
		left := func() time.Duration { return t.client.PTTL(t.Context(), key).Val() }

		t.must(t.guard.Set(t.in(7), key, 1, time.Hour))
		if ttl := left(); ttl <= 0 || ttl > time.Hour {
			t.Errorf("expires in %v, want an hour", ttl)
		}
		t.must(t.guard.Set(t.in(7), key, 2, redis.KeepTTL))
		if ttl := left(); ttl <= 0 || ttl > time.Hour {
			t.Errorf("with KeepTTL it expires in %v", ttl)
		}
		t.must(t.guard.Set(t.in(7), key, 3, time.Hour+1)) // rounded up, not refused as no whole number
		if ttl := left(); ttl <= 0 || ttl > time.Hour+time.Millisecond {
			t.Errorf("expires in %v, want an hour", ttl)
		}
		t.must(t.guard.Set(t.in(7), key, []byte("4"), 0))
		if ttl := left(); ttl != -1 {
			t.Errorf("expires in %v, want never", ttl)
		}
		if err := t.guard.Set(t.in(7), key, 5, -time.Second); err == nil {
			t.Error("a negative ttl was taken")
		}
		t.expect(key, "4")
		if ttl := t.client.PTTL(t.Context(), fenceKey).Val(); ttl != -1 {
			t.Errorf("the fence expires in %v", ttl)
		}
	})
}

func TestWhatIsNoFenceRefusesEverything(t *testing.T) {
	each(t, func(t trial) {
		for _, garbage := range []string{"", "x", "-1", "007", "0x9", "1e9", " 9", "9\n", "1.5", "9223372036854775808", "99999999999999999999"} {
			t.must(t.client.Set(t.Context(), fenceKey, garbage, 0).Err())
			err := t.guard.Set(t.in(1<<62), key, "x", 0)
			if err == nil || errors.Is(err, fence.ErrStale) || !strings.Contains(err.Error(), fenceKey) {
				t.Errorf("%q: %v, want an error that names the fence", garbage, err)
			}
			t.expect(fenceKey, garbage)
		}
		t.must(t.client.Del(t.Context(), fenceKey).Err())
		t.must(t.client.HSet(t.Context(), fenceKey, "a", "b").Err())
		if err := t.guard.Set(t.in(9), key, "x", 0); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
			t.Errorf("%v, want that it is of a wrong type", err)
		}
		t.expect(key, "")
	})
}

func TestGuardsThatCannotWork(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer func() { _ = client.Close() }()
	ring := redis.NewRing(&redis.RingOptions{})
	defer func() { _ = ring.Close() }()
	ctx := leaderelection.ContextWithTerm(t.Context(), 7)
	for want, guard := range map[string]*redisfence.Guard{
		"needs a client":              redisfence.New(nil, fenceKey),
		"nil *redis.Client":           redisfence.New((*redis.Client)(nil), fenceKey),
		"nil *redis.ClusterClient":    redisfence.New((*redis.ClusterClient)(nil), fenceKey),
		"redis.Ring":                  redisfence.New(ring, fenceKey),
		"the fence has no key":        redisfence.New(client, ""),
		`"{report}:latest" is the fe`: redisfence.New(client, key),
	} {
		if err := guard.Set(ctx, key, "x", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What package redisfence says it cannot do.
func TestALostFenceLetsEveryTermPass(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		client := server.Client(t)
		tr := trial{t, client, redisfence.New(client, fenceKey)}
		tr.must(tr.guard.Set(tr.in(9), key, "of 9", 0))
		server.RestartEmpty()
		tr.must(tr.guard.Set(tr.in(7), key, "late", 0))
		tr.must(tr.guard.Check(tr.in(9))) // until the leader has shown its term again
		tr.mustRefuse(tr.guard.Set(tr.in(7), key, "late", 0), 7, 9)
	})
}
