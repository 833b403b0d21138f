package main

import (
	"testing"
	"time"
)

// brief is for elections that are many, and measured for a short while.
var brief = timing{"brief", 2 * time.Second, 500 * time.Millisecond, 300 * time.Millisecond}

func TestScale(t *testing.T) {
	t.Parallel()
	p, _ := peerNamed(oursName)
	found := &results{}
	must(t, (&task{measure: "scale", peer: p, timing: brief, rounds: 1, found: found}).scale([]size{{200, brief}}))
	wantValues(t, found, p, map[string]int{
		"scale.memory": 1, "scale.goroutines": 1, "scale.start": 1, "scale.late": 1000,
		"scale.core": 1, "scale.requests": 1, "scale.busiest": 1, "scale.ended": 1,
	})
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{oursName, rueidislockPeer.name, setNXPeer.name} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := peerNamed(name)
			found := &results{}
			must(t, (&task{measure: "candidates", peer: p, timing: brief, rounds: 10, found: found}).candidates(20))
			wantValues(t, found, p, map[string]int{
				"rivals.requests": 1, "rivals.follower": 1, "rivals.busy": 1, "rivals.past": 1, "rivals.expiry.rush": 1, "rivals.expiry.second": 1,
				"rivals.handover": 1, "rivals.release.rush": 1, "rivals.release.second": 1, "rivals.restart.peak": 1, "rivals.restart.settled": 1,
			})
		})
	}
}

func wantValues(t *testing.T, found *results, p peer, want map[string]int) {
	t.Helper()
	for metric, n := range want {
		if values := found.values(metric, p.name, brief.name); len(values) != n {
			t.Errorf("%s: %d values, want %d", metric, len(values), n)
		}
	}
	for _, failure := range found.Failures {
		t.Error(failure.Text)
	}
}

func TestTrace(t *testing.T) {
	// Given a Redis that had 100 requests in its second second, and 10 clients from then on
	t0 := 10 * time.Second
	traced := trace{{at: t0}, {at: t0 + time.Second}, {at: t0 + 2*time.Second, requests: 100, clients: 10}, {at: t0 + 4*time.Second, requests: 100, clients: 10}}

	if n := traced.within(t0+1500*time.Millisecond, time.Second); n != 50 {
		t.Errorf("%v requests in the second half, want 50", n)
	}
	if n := traced.peak(100 * time.Millisecond); n < 9.99 || n > 10.01 {
		t.Errorf("a peak of %v, want 10", n)
	}
	if at, ok := traced.settled(1, time.Second, 10); at != t0+2*time.Second || !ok {
		t.Errorf("settled at %v, %v, want %v", at, ok, t0+2*time.Second)
	}
	if _, ok := traced.settled(1, time.Second, 11); ok {
		t.Error("settled without all its clients")
	}
}

func TestHeartbeatsOfManyElections(t *testing.T) {
	second := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * float64(time.Second))) }
	if n := busiest([]time.Time{second(3), second(1), second(1.05), second(1.09), second(1.1)}, 100*time.Millisecond); n != 3 {
		t.Errorf("%d in the busiest tenth, want 3", n)
	}
	spans := make([]time.Duration, 5000)
	for i := range spans {
		spans[i] = time.Duration(i+1) * time.Millisecond
	}
	if values := thousand(spans); values[0] != 5 || values[499] != 2500 || values[998] != 4995 || values[999] != 5000 {
		t.Errorf("quantiles %v, %v, %v, %v", values[0], values[499], values[998], values[999])
	}
}

func TestRivalsShareTheirProcesses(t *testing.T) {
	for _, n := range []int{2, 3, 10, 10_000} {
		r := &rivalry{n: n}
		total := 1
		for i := range r.processes() - 1 {
			share := r.shareOf(n-1, i)
			if share == 0 {
				t.Errorf("of %d, process %d has none", n, i)
			}
			total += share
		}
		if total != n {
			t.Errorf("%d candidates, want %d", total, n)
		}
	}
}
