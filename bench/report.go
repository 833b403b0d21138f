package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// report is performance.md.
func (r *results) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Performance

Leader elections in Go, side by side: one run, one machine, three candidates each, every candidate a process of its own.
Written by `+"`make bench`"+`; the raw figures are in [performance/results.json](performance/results.json).

%s
## What is compared

%s
Each peer is used as its own documentation says; the code is in [bench/](../bench), an adapter for each.
The lock libraries have no election of their own, so they are in the loop that a user would write, and a careful one:
every call has a deadline, and nobody's documentation asks for that. github.com/nijatsdev/redlease could not be compared: the module proxy says "This module version is not available."

Two sets of durations (TTL / heartbeat / retry): %s and %s. `+"`×`"+` is the ratio of the medians, to ours.
p99 of fewer than 100 rounds is the highest of them, by the nearest rank. Where measuring is mostly waiting, several go on at once, each with a store of its own: two handovers, four crashes, up to four peers.

`, r.setup(), peerTable(), timings[0].name, defaults.name)
	r.writeTargets(&b)
	r.writeLimits(&b)
	for _, s := range sections {
		s.write(&b, r)
	}
	r.writeFailures(&b)
	return b.String()
}

func (r *results) setup() string {
	m := r.Machine
	var b strings.Builder
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"date", r.Begun.UTC().Format(time.DateOnly)},
		{"machine", fmt.Sprintf("%d cores of %s, %s memory, %s", m.Cores, m.CPU, m.Memory, m.OS)},
		{"load when it began", m.Load},
		{"Go, Redis", m.Go + ", redis-server " + m.Redis + " without persistence"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	for _, path := range compared {
		if version, ok := r.Versions[path]; ok {
			fmt.Fprintf(&b, "| %s | %s |\n", path, version)
		}
	}
	fmt.Fprintf(&b, "| rounds | %d, a fifth of them with %s |\n", r.Rounds, defaults.name)
	fmt.Fprintf(&b, "| to repeat it | `make bench`, or `cd bench && go run . -only handover -peers %s -rounds 10 -out /tmp/bench` |\n", oursName)
	return b.String()
}

func peerTable() string {
	var b strings.Builder
	b.WriteString("| | how it is used here |\n|---|---|\n")
	for _, p := range peers() {
		fmt.Fprintf(&b, "| %s | %s |\n", p.name, p.note)
	}
	return b.String()
}

func (r *results) writeFailures(b *strings.Builder) {
	if len(r.Failures) == 0 {
		return
	}
	b.WriteString("## What failed\n\nRounds that have no figure, and why.\n\n| measurement | peer | settings | what happened |\n|---|---|---|---|\n")
	for _, f := range r.Failures {
		text := strings.Join(strings.Fields(strings.ReplaceAll(f.Text, "|", "/")), " ")
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", f.Measure, f.Peer, f.Timing, text[:min(len(text), 300)])
	}
}

// rows are the peers that have values of the metric, in their order.
func (r *results) rows(metric string) []string {
	var rows []string
	names := strings.Split(peerNames()+","+clockName, ",")
	for _, name := range names {
		for _, t := range timings {
			if len(r.values(metric, name, t.name)) > 0 {
				rows = append(rows, name)
				break
			}
		}
	}
	return rows
}

// number has three digits that count.
func number(v float64) string {
	switch size := math.Abs(v); {
	case size == 0:
		return "0"
	case size >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 0.01:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
}

// ratio of two medians.
func ratio(values, ours []float64) string {
	if len(values) == 0 || len(ours) == 0 || median(ours) <= 0 {
		return "–"
	}
	return number(median(values) / median(ours))
}

func span(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	first, last := number(values[0]), number(values[len(values)-1])
	if first == last {
		return first
	}
	return first + "–" + last
}

func at(q float64, values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return number(quantile(values, q))
}
