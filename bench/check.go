package main

import (
	"context"
	"errors"
	"flag"
	"testing"
	"time"
)

// clockName stands beside the peers in the table of checks.
const clockName = "time.Now"

// benchtime is how long each of the benchmarks runs, benchmarks how many there are.
const (
	benchtime  = "300ms"
	benchmarks = 5
)

// measureCheck: what it costs to ask whether one leads, for a leader in this process,
// and what time.Now costs at the same time.
func measureCheck(t *task) error {
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return err
	}
	return inScope(func(s *scope) error {
		st := t.peer.store(s)
		connection, err := t.peer.dial(st.addr(), func() {})
		if err != nil {
			return err
		}
		s.Cleanup(func() { _ = connection.Close() })
		me, err := connection.candidate(t.timing.settings(st.addr(), "check"), func() {})
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = me.Run(ctx) }() // one that gave up doesn't lead
		s.Cleanup(func() { stop(); <-ended })
		if err := await("a leader", 3*t.timing.ttl+patience, me.IsLeader); err != nil {
			return err
		}
		clock := &task{peer: peer{name: clockName}, timing: t.timing, found: t.found}
		for range min(benchmarks, t.rounds) {
			t.benchmark(me.IsLeader)
			clock.benchmark(func() bool { return !time.Now().IsZero() })
		}
		if !me.IsLeader() {
			return errors.New("it lost its lease meanwhile")
		}
		return nil
	})
}

func (t *task) benchmark(ask func() bool) {
	alone := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ask()
		}
	})
	together := testing.Benchmark(func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				ask()
			}
		})
	})
	t.note("check.alone", nanoseconds(alone))
	t.note("check.allocations", float64(alone.AllocsPerOp()))
	t.note("check.together", nanoseconds(together))
}

func nanoseconds(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }
