package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// go-redis keeps to itself, or to the pipeline, why a connection was refused; each call
// that shared one is told (F18).
func TestF18PipelinesTellWhyTheyWereRefused(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("requirepass", password))
	options := server.Options()
	options.Password = "wrong"
	calls := map[string]func(ctx context.Context, who leaderelection.Candidate) error{}
	plain, acknowledged := newStore(t, options), newStore(t, options, redisstore.WithReplicaAcks(1, time.Second))
	calls["Read"] = func(ctx context.Context, who leaderelection.Candidate) error {
		_, err := plain.Read(ctx, who)
		return err
	}
	calls["Announce"] = func(ctx context.Context, who leaderelection.Candidate) error {
		return plain.Announce(ctx, leaderelection.Tenure{Candidate: who, Term: 1}, leaderelection.LeaderInfo{})
	}
	calls["Acquire with acknowledgements"] = func(ctx context.Context, who leaderelection.Candidate) error {
		_, err := acknowledged.Acquire(ctx, leaderelection.Bid{Candidate: who, Claim: newClaim()})
		return err
	}
	for what, call := range calls {
		var asking sync.WaitGroup
		for i := range 40 {
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				err := call(ctx, leaderelection.Candidate{Key: fmt.Sprint("jobs-", i), InfoKey: fmt.Sprint("info-", i), ID: "me", TTL: time.Second})
				if hopeless := (*leaderelection.ConfigurationError)(nil); !errors.As(err, &hopeless) {
					t.Errorf("%s: %v, want a ConfigurationError", what, err)
				}
			})
		}
		asking.Wait()
	}
}

// A pipeline meets a slot that is being moved: each call has its own answer, and none is
// executed by two goroutines (F20; for the race detector).
func TestF20PipelinesMeetASlotThatMoves(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 2, 0)
	admin := cluster.Client(t)
	store := newClusterStore(t, cluster.Options())
	const elections = 40
	name := func(i int) string { return fmt.Sprintf([]string{"{moving}%d", "jobs-%d"}[i%2], i) }
	for i := range elections {
		if err := admin.Set(t.Context(), name(i), "holder of "+name(i), 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var asking sync.WaitGroup
	var answered [elections]int
	for i := range elections {
		asking.Go(func() {
			for ctx.Err() == nil {
				limit, stop := context.WithTimeout(ctx, time.Second)
				state, err := store.Read(limit, leaderelection.Candidate{Key: name(i), InfoKey: name(i) + ":info"})
				stop()
				switch {
				case err != nil: // some of its keys have moved, or it is the end
				case state.Leader == nil || state.Leader.InstanceID != "holder of "+name(i):
					t.Errorf("%s is led by %+v", name(i), state.Leader)
				default:
					answered[i]++
				}
			}
		})
	}
	for range 2 {
		cluster.MoveSlotOf(name(0), cluster.OtherPrimary(name(0)), func(int, int) { time.Sleep(5 * time.Millisecond) })
	}
	cancel()
	asking.Wait()
	for i, n := range answered {
		if n == 0 {
			t.Errorf("%s was never answered", name(i))
		}
	}

	// When it has moved, and the client does not know, all are sent on.
	time.Sleep(time.Second) // in which go-redis looks again after the last move
	cluster.MoveSlotOf(name(0), cluster.OtherPrimary(name(0)), func(int, int) {})
	for i := range elections {
		asking.Go(func() {
			limit, stop := context.WithTimeout(t.Context(), patience)
			defer stop()
			if _, err := store.Read(limit, leaderelection.Candidate{Key: name(i), InfoKey: name(i) + ":info"}); err != nil {
				t.Errorf("%s: %v", name(i), err)
			}
		})
	}
	asking.Wait()
}
