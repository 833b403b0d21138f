package main

import (
	"fmt"
	"strings"
)

// target is what a figure of ours should be at the most.
type target struct {
	what, unit     string
	metric, timing string
	show           func(sorted []float64) float64
	times          float64 // what is shown, multiplied; 0 is 1
	most           float64
	peer           string // if not "", most is in multiples of its figure
}

func almost(values []float64) float64  { return quantile(values, 0.99) }
func highest(values []float64) float64 { return values[len(values)-1] }

// targets are those of the design. Load per heartbeat is load per second times its seconds.
var targets = []target{
	{what: "graceful handover, p50", metric: "handover", timing: "3s/1s/0.6s", show: median, peer: rueidislockPeer.name, most: 1, unit: "ms"},
	{what: "graceful handover, p99", metric: "handover", timing: "3s/1s/0.6s", show: almost, peer: rueidislockPeer.name, most: 1, unit: "ms"},
	{what: "graceful handover, p50, by a hundredth of a loop that polls every 2 s", metric: "handover", timing: defaults.name, show: median, peer: setNXPeer.name, most: 0.01, unit: "ms"},
	{what: "crash: past the lease's end, p50", metric: "crash.past", timing: "3s/1s/0.6s", show: median, most: 3, unit: "ms"},
	{what: "crash: past the lease's end, p99", metric: "crash.past", timing: "3s/1s/0.6s", show: almost, most: 25, unit: "ms"},
	{what: "IsLeader on one goroutine", metric: "check.alone", timing: defaults.name, show: median, peer: clockName, most: 1.5, unit: "ns"},
	{what: "IsLeader on all cores", metric: "check.together", timing: defaults.name, show: median, peer: clockName, most: 1.5, unit: "ns"},
	{what: "IsLeader, allocations", metric: "check.allocations", timing: defaults.name, show: highest},
	{what: "requests of a leader per heartbeat", metric: "requests.leader", timing: defaults.name, show: median, times: defaults.heartbeat.Seconds(), most: 2.05},
	{what: "requests of a follower per RetryInterval, go-redis's PING apart", metric: "rivals.follower", timing: "10", show: median, times: defaults.retry.Seconds(), most: 1.05},
	{what: "KiB of each of 10,000 elections", metric: "memory.leads", timing: "10,000, 10s/3s/2s", show: median, most: 8, unit: "KiB"},
	{what: "goroutines of each", metric: "goroutines.leads", timing: "10,000, 10s/3s/2s", show: median, most: 2},
	{what: "their latest heartbeat, by a quarter of HeartbeatInterval", metric: "scale.late", timing: "10,000, 10s/3s/2s", show: highest, most: 750, unit: "ms"},
	{what: "handover with 10,000 candidates, longest", metric: "rivals.handover", timing: "10,000", show: highest, most: 250, unit: "ms"},
	{what: "two leaders after SIGCONT, longest", metric: "overlap.pause", timing: "3s/1s/0.6s", show: highest, unit: "ms"},
	{what: "two leaders through a black hole, longest", metric: "overlap.blackhole", timing: "3s/1s/0.6s", show: highest, unit: "ms"},
	{what: "two leaders after Redis restarted empty, longest", metric: "overlap.restart", timing: "3s/1s/0.6s", show: highest, unit: "ms"},
}

// writeTargets tells which are met.
func (r *results) writeTargets(b *strings.Builder) {
	lines := ""
	for _, t := range targets {
		lines += t.line(r)
	}
	if lines != "" {
		fmt.Fprintf(b, "## What was aimed at\n\nAs the design has it. Where it is another's figure, that of the same run.\n\n| | at the most | measured | ratio | |\n|---|---:|---:|---:|---|\n%s\n", lines)
	}
}

// line is nothing where there is no figure.
func (t target) line(r *results) string {
	ours, theirs := r.values(t.metric, oursName, t.timing), r.values(t.metric, t.peer, t.timing)
	if len(ours) == 0 || t.peer != "" && len(theirs) == 0 {
		return ""
	}
	times := t.times
	if times == 0 {
		times = 1
	}
	got, limit := t.show(ours)*times, t.most
	asked := number(limit) + " " + t.unit
	if t.peer != "" {
		limit *= t.show(theirs)
		asked = fmt.Sprintf("%s × %s = %s %s", number(t.most), t.peer, number(limit), t.unit)
	}
	verdict, share := "met", "–"
	if got > limit {
		verdict = "**missed**"
	}
	if limit > 0 {
		share = number(got / limit)
	}
	return fmt.Sprintf("| %s (%s) | %s | %s %s | %s | %s |\n", t.what, t.timing, asked, number(got), t.unit, share, verdict)
}
