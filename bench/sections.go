package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// section is a chapter of the report.
type section struct {
	title, text string
	picture     string
	timings     []timing
	columns     []column
	perPeer     bool // a table for each peer, a row for each timing; else the other way round
}

// column of a table: what is shown of a metric.
type column struct {
	head, metric string
	show         func(values, ours []float64) string
}

func p50(v, _ []float64) string    { return at(0.5, v) }
func p99(v, _ []float64) string    { return at(0.99, v) }
func all(v, _ []float64) string    { return span(v) }
func rounds(v, _ []float64) string { return strconv.Itoa(len(v)) }

// share is how many of the values are yes.
func share(v, _ []float64) string {
	if len(v) == 0 {
		return "–"
	}
	var yes float64
	for _, one := range v {
		yes += one
	}
	return fmt.Sprintf("%.0f of %d", yes, len(v))
}

var sections = append(sideBySide, atScale...)

var sideBySide = []section{
	{
		title: "Graceful handover", picture: "handover.svg", timings: timings,
		text: "From when the leader was told to stop until the next one's IsLeader is true, in ms. The moment within the period of those that poll is random.",
		columns: []column{
			{"p50", "handover", p50}, {"p99", "handover", p99}, {"min–max", "handover", all}, {"×", "handover", ratio},
			{"rounds", "handover", rounds}, {"overlaps", "overlap.handover", all},
		},
	},
	{
		title: "Crash", picture: "crash.svg", timings: timings,
		text: "The leader is killed (SIGKILL). From the end of its lease, and from the kill, until the next one's IsLeader is true, in ms. " +
			"The lease's end is what PTTL says just after the kill, for client-go the last renewal's arrival plus LeaseDuration, for etcd the last keep-alive's answer plus the TTL.",
		columns: []column{
			{"past the lease's end: p50", "crash.past", p50}, {"p99", "crash.past", p99}, {"min–max", "crash.past", all}, {"×", "crash.past", ratio},
			{"after the kill: p50", "crash.after", p50}, {"p99", "crash.after", p99}, {"×", "crash.after", ratio},
			{"rounds", "crash.past", rounds}, {"overlaps", "overlap.crash", all},
		},
	},
	{
		title: "Load on the store", picture: "requests.svg", timings: timings,
		text: "Requests per second: of one leader alone, and what each of " + strconv.Itoa(followers) + " followers adds. For Redis, what MONITOR shows; executed are also the commands inside scripts. " +
			"For etcd, messages that its gRPC server received. Connections to the store are those of each process.",
		columns: []column{
			{"leader", "requests.leader", all}, {"×", "requests.leader", ratio}, {"executed", "executed.leader", all},
			{"follower", "requests.follower", all}, {"×", "requests.follower", ratio}, {"executed", "executed.follower", all},
			{"connections: leader", "connections.leader", all}, {"follower", "connections.follower", all},
		},
	},
	{
		title: "Asking whether one leads", picture: "check.svg", timings: []timing{defaults},
		text: "In ns, for a leader: on one goroutine, and on all cores at once (elapsed time by questions, so a question that scales takes less). A call through a func value is in it, for time.Now too.",
		columns: []column{
			{"one goroutine: p50", "check.alone", p50}, {"min–max", "check.alone", all}, {"×", "check.alone", ratio}, {"allocations", "check.allocations", all},
			{"all cores: p50", "check.together", p50}, {"min–max", "check.together", all}, {"×", "check.together", ratio},
		},
	},
	{
		title: "A thousand elections in one process", picture: "memory.svg", timings: []timing{defaults},
		text: "Heap and stacks in KiB, and goroutines, of each of " + strconv.Itoa(crowdSize) + " elections that share one client, after a garbage collection: where the process leads them all, and where it follows. " +
			"The goroutine that runs the election is the caller's, and counts. Connections are the process's.",
		columns: []column{
			{"leads: KiB", "memory.leads", all}, {"×", "memory.leads", ratio}, {"goroutines", "goroutines.leads", all}, {"connections", "connections.crowd.leads", all},
			{"follows: KiB", "memory.follows", all}, {"×", "memory.follows", ratio}, {"goroutines", "goroutines.follows", all}, {"connections", "connections.crowd.follows", all},
		},
	},
	{
		title: "Two leaders at once", picture: "overlap.svg", timings: timings,
		text: `For how many ms two processes' IsLeader was true at once, median and highest. Asked every 0.2 ms.

- SIGCONT: the leader was frozen until another led. What counts is from when it was thawed; "believes" is its first answer. No lease can prevent a write that is already on its way then, see [fencing.md](fencing.md).
- Black hole: nothing of the leader's connections arrives any more. Also, how long after that another led.
- Restart: the store is killed and started again. Redis has lost its data then; etcd has not. "Kept" is in how many rounds the leader led on without interruption. client-go's record here is of our making, and was spared.

Where the overlaps come from, by the peers' sources: a flag stays up until the next refresh fails, however long the process was frozen. rueidislock waits for an extension
that is not answered until KeyValidity after it was begun, which is up to ExtendInterval longer than the lease. client-go's Run returns, and calls OnStoppedLeading, only after
ReleaseOnCancel has tried to release the lease, for which it waits as long as a request may take. etcd's client looks once a second whether a lease has ended, and counts it from when an answer arrived.`,
		columns: []column{
			{"SIGCONT: p50", "overlap.pause", p50}, {"max", "overlap.pause", p99}, {"believes", "pause.believes", share},
			{"black hole: p50", "overlap.blackhole", p50}, {"max", "overlap.blackhole", p99}, {"next after", "blackhole.after", p50},
			{"restart: p50", "overlap.restart", p50}, {"max", "overlap.restart", p99}, {"kept", "restart.kept", share},
		},
	},
}

func (s section) write(b *strings.Builder, r *results) {
	if !slices.ContainsFunc(s.columns, func(c column) bool { return r.has(c.metric) }) {
		return
	}
	fmt.Fprintf(b, "## %s\n\n%s\n\n![%s](%s/%s)\n\n", s.title, s.text, s.title, pictures, s.picture)
	names := strings.Split(peerNames()+","+clockName, ",")
	if s.perPeer {
		for _, peer := range names {
			rows := make([]row, 0, len(s.timings))
			for _, t := range s.timings {
				rows = append(rows, row{t.name, peer, t})
			}
			s.writeTable(b, r, peer, rows)
		}
		return
	}
	for _, t := range s.timings {
		rows := make([]row, 0, len(names))
		for _, peer := range names {
			rows = append(rows, row{peer, peer, t})
		}
		s.writeTable(b, r, t.name, rows)
	}
}

// row of a table.
type row struct {
	label, peer string
	timing      timing
}

// writeTable leaves out rows without a value, and a table without a row.
func (s section) writeTable(b *strings.Builder, r *results, head string, rows []row) {
	lines := ""
	for _, each := range rows {
		line, some := "| "+each.label, false
		for _, c := range s.columns {
			values := r.values(c.metric, each.peer, each.timing.name)
			some = some || len(values) > 0
			line += " | " + c.show(values, r.values(c.metric, oursName, each.timing.name))
		}
		if some {
			lines += line + " |\n"
		}
	}
	if lines == "" {
		return
	}
	head = "| " + head
	for _, c := range s.columns {
		head += " | " + c.head
	}
	fmt.Fprintf(b, "%s |\n|---%s|\n%s\n", head, strings.Repeat("|---:", len(s.columns)), lines)
}
