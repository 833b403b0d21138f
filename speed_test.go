package leaderelection_test

import (
	"context"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// runForReal runs an election on the real clock, and returns it once it leads, or
// follows.
func runForReal(tb testing.TB, store leaderelection.Store) *leaderelection.Election {
	tb.Helper()
	election, err := leaderelection.New(store, &leaderelection.Config{LockTTL: time.Hour, HeartbeatInterval: time.Minute},
		leaderelection.WithLogger((&logbook{}).logger()))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = election.Start(ctx)
	}()
	tb.Cleanup(func() { cancel(); <-done })
	if _, err := election.AwaitLeader(ctx); err != nil {
		tb.Fatal(err)
	}
	for id, _ := election.GetLeaderID(); id == election.GetInstanceID() && !election.IsLeader(); {
		time.Sleep(time.Millisecond) // the grant is there, its answer is still on the way
	}
	return election
}

func TestIsLeaderAllocatesNothing(t *testing.T) {
	store := memstore.New()
	leader := runForReal(t, store)
	follower := runForReal(t, store)
	if !leader.IsLeader() || follower.IsLeader() {
		t.Fatalf("leading: %v and %v", leader.IsLeader(), follower.IsLeader())
	}

	for name, ask := range map[string]func(){
		"IsLeader of a leader":   func() { leader.IsLeader() },
		"IsLeader of a follower": func() { follower.IsLeader() },
		"Term of a leader":       func() { leader.Term() },
	} {
		if allocations := testing.AllocsPerRun(1000, ask); allocations != 0 {
			t.Errorf("%s makes %v allocations", name, allocations)
		}
	}
}

// The benchmarks have time.Now before each question, which bench/guard measures it by.
var questions = map[string]func(leader *leaderelection.Election){
	"IsLeader": func(leader *leaderelection.Election) { leader.IsLeader() },
	"Term":     func(leader *leaderelection.Election) { leader.Term() },
}

func BenchmarkCheck(b *testing.B) {
	compareQuestions(b, func(b *testing.B, ask func()) {
		for b.Loop() {
			ask()
		}
	})
}

func BenchmarkCheckFromAllCores(b *testing.B) {
	compareQuestions(b, func(b *testing.B, ask func()) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				ask()
			}
		})
	})
}

func compareQuestions(b *testing.B, repeat func(b *testing.B, ask func())) {
	leader := runForReal(b, memstore.New())
	measured := func(ask func()) func(*testing.B) {
		return func(b *testing.B) { b.ReportAllocs(); repeat(b, ask) }
	}
	for name, ask := range questions {
		b.Run("TimeNow", measured(func() { _ = time.Now() }))
		b.Run(name, measured(func() { ask(leader) }))
	}
}
