package main

import (
	"slices"
	"strings"
	"testing"
)

// A target whose figure no section shows would never be missed.
func TestEveryTargetIsMeasured(t *testing.T) {
	for _, target := range targets {
		shown := slices.ContainsFunc(sections, func(s section) bool {
			return slices.ContainsFunc(s.columns, func(c column) bool { return c.metric == target.metric }) &&
				slices.ContainsFunc(s.timings, func(of timing) bool { return of.name == target.timing })
		})
		if !shown {
			t.Errorf("%s: no section shows %s with %s", target.what, target.metric, target.timing)
		}
	}
}

func TestTargetsAreMetOrMissed(t *testing.T) {
	found := &results{}
	found.add("handover", oursName, "3s", 2)
	found.add("handover", "redsync", "3s", 3)
	tests := map[string]target{
		"| a (3s) | 2.00 ms | 2.00 ms | 1.00 | met |":                         {what: "a", unit: "ms", metric: "handover", timing: "3s", show: median, most: 2},
		"| a (3s) | 1.90 ms | 2.00 ms | 1.05 | **missed** |":                  {what: "a", unit: "ms", metric: "handover", timing: "3s", show: median, most: 1.9},
		"| a (3s) | 0 ms | 2.00 ms | – | **missed** |":                        {what: "a", unit: "ms", metric: "handover", timing: "3s", show: median},
		"| a (3s) | 0.50 × redsync = 1.50 ms | 2.00 ms | 1.33 | **missed** |": {what: "a", unit: "ms", metric: "handover", timing: "3s", show: median, most: 0.5, peer: "redsync"},
		"| a (3s) | 10.0 ms | 6.00 ms | 0.60 | met |":                         {what: "a", unit: "ms", metric: "handover", timing: "3s", show: median, most: 10, times: 3},
		"": {what: "not measured", metric: "handover", timing: "10s", show: median},
	}
	for want, target := range tests {
		if got := strings.TrimSpace(target.line(found)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
