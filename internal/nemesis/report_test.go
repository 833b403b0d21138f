//go:build linux || darwin

package nemesis

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/leaderelection/internal/belief"
)

// conclude judges the run, and reports.
func (s *schedule) conclude() {
	s.judge()
	text := s.markdown()
	s.t.Logf("\n%s", text)
	if *report == "" {
		return
	}
	if err := os.WriteFile(*report, []byte(text), 0o644); err != nil {
		s.t.Errorf("writing the report: %v", err)
	}
}

func (s *schedule) markdown() string {
	violations := map[belief.Rule]int{}
	for _, v := range belief.Judge(&s.history) {
		violations[v.Rule]++
	}
	terms := map[int64]bool{}
	for _, reign := range s.history.Reigns(belief.Lead) {
		terms[reign.Term] = true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Nemesis report\n\n`make nemesis FOR=%v SEED=%d`, %s\n\n", *howLong, s.seed, s.begun.UTC().Format(time.DateTime+" MST"))
	fmt.Fprintf(&b, "| what | |\n| --- | --- |\n")
	row := func(what string, value any) { fmt.Fprintf(&b, "| %s | %v |\n", what, value) }
	row("machine", fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()))
	row("server", redisVersion())
	row("election", fmt.Sprintf("3 candidate processes, LockTTL %v, HeartbeatInterval %v, RetryInterval %v", s.settings.TTL, s.settings.Heartbeat, s.settings.Retry))
	row("lasted", time.Since(s.begun).Round(time.Second))
	row("faults", sum(s.struck))
	row("terms led in", len(terms))
	row("processes started", len(s.history.Processes()))
	row("**two leaders at once**", violations[belief.OneLeader])
	row("**work of two at once**", violations[belief.OneWorker])
	row("terms that did not grow", violations[belief.TermsGrow])
	row("callbacks out of turn", violations[belief.Alternate]+violations[belief.LoseIsLate])
	row("recoveries", s.recoveries)
	row("longest without a leader", s.longest)
	row("longest until a leader once all was healed", s.longestWell)
	row("of that beyond what is promised, "+s.bound().String(), max(0, s.longestWell.length-s.bound()).Round(time.Millisecond))
	fmt.Fprintf(&b, "\n| fault | times |\n| --- | ---: |\n")
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		row(kind, s.struck[kind])
	}
	if os.Getenv(inNamespace) == "" {
		fmt.Fprintf(&b, "\nNo packets were lost: %v.\n", losesPackets())
	}
	return b.String()
}

func (s span) String() string {
	if s.length == 0 {
		return "0s"
	}
	return fmt.Sprintf("%v (%s)", s.length.Round(time.Millisecond), strings.Join(s.what, "; "))
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

func redisVersion() string {
	output, _ := exec.Command("redis-server", "--version").Output()
	return strings.TrimSpace(string(output))
}
