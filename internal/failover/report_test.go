//go:build linux || darwin

package failover

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

// outcome is what is known of one failover.
type outcome struct {
	failed    bool
	overlap   time.Duration // for how long two led
	kept      bool          // the term went on
	silence   time.Duration // the longest between two renewals of the first leader
	vacancy   time.Duration // for how long nobody led
	detection time.Duration // from the fault until another server was the primary
	reaching  time.Duration // from then until a candidate had reached it, and its quarantine began
	election  time.Duration // from the end of that until somebody led
}

// judge closes the scene. It fails the test for two leaders, where those are not
// what is measured.
func (s *scene) judge() outcome {
	var o outcome
	if s.tookOver > 0 {
		o.detection = s.tookOver - s.fault
	}
	for _, violation := range belief.Judge(&s.history) {
		if violation.Rule == belief.OneLeader {
			o.overlap = max(o.overlap, violation.For)
		}
		if violation.Rule != belief.OneLeader || !s.kind.overlaps {
			s.t.Errorf("%v", violation)
		}
	}
	reigns := s.history.Reigns(belief.Lead)
	if o.kept = len(reigns) == 1; o.kept {
		o.silence = time.Duration(s.candidates[0].silence.Load())
	}
	if len(reigns) > 1 && s.quarantine > 0 {
		next := reigns[1]
		o.vacancy = max(0, next.First-reigns[0].Last)
		o.reaching = s.quarantine - settings.LockTTL - s.tookOver
		o.election = next.First - s.quarantine
	}
	o.failed = s.t.Failed()
	return o
}

// results are the outcomes of all failovers.
type results struct {
	mu  sync.Mutex
	all map[string][]outcome
}

func (r *results) add(k kind, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string][]outcome{}
	}
	r.all[k.name] = append(r.all[k.name], o)
}

func (r *results) conclude(t *testing.T) {
	text := r.markdown()
	t.Logf("\n%s", text)
	if *report != "" {
		if err := os.WriteFile(*report, []byte(text), 0o644); err != nil {
			t.Errorf("writing the report: %v", err)
		}
	}
}

func (r *results) markdown() string {
	var b strings.Builder
	version, _ := exec.Command("redis-server", "--version").Output()
	fmt.Fprintf(&b, "# Failovers\n\n`make failovers TIMES=%d`, %s; %s/%s, %d processors, %s; %s\n\n", *times, time.Now().UTC().Format(time.DateOnly),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.Join(strings.Fields(string(version))[:3], " "))
	fmt.Fprintf(&b, "LockTTL %v, HeartbeatInterval %v, RetryInterval %v; Sentinel's down-after-milliseconds 1000, Cluster's cluster-node-timeout 2000.\n\n",
		settings.LockTTL, settings.HeartbeatInterval, settings.RetryInterval)
	b.WriteString("| failover | times | failed | two leaders | term went on | another primary after | longest between two renewals | nobody led | of which: candidates reach the new primary | election, a LockTTL later |\n")
	b.WriteString("|---|---:|---:|---|---:|---|---|---|---|---|\n")
	for _, k := range kinds {
		b.WriteString(row(k, r.all[k.name]))
	}
	return b.String()
}

func row(k kind, outcomes []outcome) string {
	failed, kept := 0, 0
	for _, o := range outcomes {
		if o.failed {
			failed++
		}
		if o.kept {
			kept++
		}
	}
	figures := func(of func(outcome) time.Duration) string { return spread(outcomes, of) }
	return fmt.Sprintf("| %s | %d | %d | %s | %d | %s | %s | %s | %s | %s |\n", k.name, len(outcomes), failed,
		figures(func(o outcome) time.Duration { return o.overlap }), kept,
		figures(func(o outcome) time.Duration { return o.detection }),
		figures(func(o outcome) time.Duration { return o.silence }),
		figures(func(o outcome) time.Duration { return o.vacancy }),
		figures(func(o outcome) time.Duration { return o.reaching }),
		figures(func(o outcome) time.Duration { return o.election }))
}

// spread is the median and the longest of a figure, "–" where it is always none.
func spread(outcomes []outcome, of func(outcome) time.Duration) string {
	figures := make([]time.Duration, 0, len(outcomes))
	for _, o := range outcomes {
		figures = append(figures, of(o))
	}
	slices.Sort(figures)
	if len(figures) == 0 || figures[len(figures)-1] == 0 {
		return "–"
	}
	exact := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf("%v, at most %v", exact(figures[len(figures)/2]), exact(figures[len(figures)-1]))
}
