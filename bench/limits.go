package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
	"github.com/redis/go-redis/v9"
)

// limit is what no election over this Redis, on this machine, can be faster than; or,
// beside it, what a request of ours takes.
type limit struct {
	name string
	// prepare returns what is to be done again and again.
	prepare func(ctx context.Context, s *scope, client *redis.Client) (trial, error)
}

// trial does it once, after a pause in which nothing happens, and says how long it took.
type trial func(pause time.Duration) (time.Duration, error)

var limits = []limit{
	{"timer of 1 ms: later than asked", func(context.Context, *scope, *redis.Client) (trial, error) {
		return func(pause time.Duration) (time.Duration, error) {
			time.Sleep(pause)
			begun := time.Now()
			<-time.After(time.Millisecond)
			return time.Since(begun) - time.Millisecond, nil
		}, nil
	}},
	{"round trip: PING", func(ctx context.Context, _ *scope, client *redis.Client) (trial, error) {
		return timed(func() error { return client.Ping(ctx).Err() }), nil
	}},
	{"a script that does nothing", func(ctx context.Context, _ *scope, client *redis.Client) (trial, error) {
		hash, err := client.ScriptLoad(ctx, "return 1").Result()
		return timed(func() error { return client.EvalSha(ctx, hash, nil).Err() }), err
	}},
	{"PUBLISH until received", published},
	{"a bid of ours, granted", func(ctx context.Context, _ *scope, client *redis.Client) (trial, error) {
		return bids(ctx, client, true), nil
	}},
	{"a release of ours", func(ctx context.Context, _ *scope, client *redis.Client) (trial, error) {
		return bids(ctx, client, false), nil
	}},
}

func timed(do func() error) trial {
	return func(pause time.Duration) (time.Duration, error) {
		time.Sleep(pause)
		begun := time.Now()
		err := do()
		return time.Since(begun), err
	}
}

// published is how long a message takes, from another connection's request on.
func published(ctx context.Context, s *scope, client *redis.Client) (trial, error) {
	subscription := client.Subscribe(ctx, "limits")
	s.Cleanup(func() { _ = subscription.Close() })
	_, err := subscription.Receive(ctx) // that it stands
	received := make(chan time.Time)
	go func() {
		for range subscription.Channel() {
			received <- time.Now()
		}
	}()
	return func(pause time.Duration) (time.Duration, error) {
		time.Sleep(pause)
		begun := time.Now()
		sent := make(chan error, 1)
		go func() { sent <- client.Publish(ctx, "limits", "").Err() }()
		select {
		case at := <-received:
			return at.Sub(begun), <-sent
		case <-time.After(patience):
			return 0, fmt.Errorf("a message was not received within %v", patience)
		}
	}, err
}

// bids are granted and released in turn; one of the two is timed.
func bids(ctx context.Context, client *redis.Client, bid bool) trial {
	store := redisstore.New(client)
	candidate := leaderelection.Candidate{Key: "limits", InfoKey: "limits:info", ID: "limits", TTL: defaults.ttl, Retry: defaults.retry}
	granted := make(chan leaderelection.Tenure, 1)
	var turn int
	acquire := func() error {
		turn++
		claim := fmt.Sprintf("limits-%d", turn)
		state, err := store.Acquire(ctx, leaderelection.Bid{Claim: claim, Candidate: candidate})
		if err == nil && state.Verdict != leaderelection.Granted {
			err = fmt.Errorf("a bid was answered %v", state.Verdict)
		}
		granted <- leaderelection.Tenure{Candidate: candidate, Claim: claim, Term: state.Term, Since: state.Now, Reason: "released"}
		return err
	}
	release := func() error { return store.Release(ctx, <-granted) }
	return func(pause time.Duration) (time.Duration, error) {
		if bid {
			took, err := timed(acquire)(pause)
			if err != nil {
				return 0, err
			}
			return took, release()
		}
		if err := acquire(); err != nil {
			return 0, err
		}
		return timed(release)(pause)
	}
}

// quiet is how long nothing happens before what is called cold: a handover comes after
// a quiet time as a rule, when no cache holds anything of it and the cores have slept.
const quiet = 250 * time.Millisecond

// measureLimits measures each limit cold, and again at once.
func measureLimits(t *task) error {
	return inScope(func(s *scope) error {
		st := startRedis(s)
		st.AwaitUptime(defaults.ttl + 2*time.Second) // before which it grants no lease
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		for _, l := range limits {
			once, err := l.prepare(ctx, s, st.client)
			if err != nil {
				return err
			}
			at := &task{peer: peer{name: l.name}, timing: t.timing, found: t.found}
			for range t.rounds {
				cold, err := once(quiet)
				if err != nil {
					return fmt.Errorf("%s: %w", l.name, err)
				}
				warm, err := once(0)
				if err != nil {
					return fmt.Errorf("%s: %w", l.name, err)
				}
				at.noteSpan("limit.cold", cold)
				at.noteSpan("limit.warm", warm)
			}
		}
		return nil
	})
}

// writeLimits is a section of its own: its rows are not peers.
func (r *results) writeLimits(b *strings.Builder) {
	if !r.has("limit.cold") {
		return
	}
	fmt.Fprintf(b, `## What the machine allows

In ms, over go-redis and loopback: after %v without any request, and again at once. A handover comes after a quiet time as a rule, when no cache
holds anything of it and the cores have slept; it is a release, a message, a bid, and the wake-ups of a few goroutines in between.

| | cold: p50 | p99 | min–max | at once: p50 | p99 |
|---|---:|---:|---:|---:|---:|
`, quiet)
	for _, l := range limits {
		cold, warm := r.values("limit.cold", l.name, defaults.name), r.values("limit.warm", l.name, defaults.name)
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", l.name, at(0.5, cold), at(0.99, cold), span(cold), at(0.5, warm), at(0.99, warm))
	}
	b.WriteString("\n")
}
