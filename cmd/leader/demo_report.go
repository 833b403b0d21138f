//go:build linux || darwin

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"example.com/leaderelection/internal/belief"
)

// plainScreen is for pipes, files and CI: a line for everything, no colours.
type plainScreen struct {
	out   io.Writer
	begun time.Time
}

func newPlainScreen(out io.Writer) *plainScreen { return &plainScreen{out, time.Now()} }

func (s *plainScreen) announce(act act) {
	_, _ = fmt.Fprintf(s.out, "\n%s: %s.\n", act.name, act.why)
}

func (s *plainScreen) say(text string) {
	_, _ = fmt.Fprintf(s.out, "%7.3fs  %s\n", time.Since(s.begun).Seconds(), text)
}

func (s *plainScreen) conclude(out outcome) {
	s.say(out.happened)
	s.say("without a leader: " + vacancyText(out))
}

// summary is the table at the end, and the verdict.
func summary(outcomes []outcome, violations []belief.Violation) string {
	var text strings.Builder
	if len(outcomes) > 0 {
		const row = "%-22s%-18s%-33s%s\n"
		fmt.Fprintf(&text, "\n"+row, "act", "without a leader", "term", "overlap")
		for _, out := range outcomes {
			fmt.Fprintf(&text, row, out.act, vacancyText(out), termsText(out), overlapText(out))
			fmt.Fprintf(&text, "  %s\n", strings.ReplaceAll(lipgloss.Wrap(out.happened, 76, " "), "\n", "\n  "))
		}
	}
	text.WriteString("\n" + verdict(len(outcomes), violations) + "\n")
	for _, violation := range violations {
		fmt.Fprintf(&text, "  %s\n", violation)
	}
	return text.String()
}

func verdict(acts int, violations []belief.Violation) string {
	counts := make(map[belief.Rule]int)
	for _, violation := range violations {
		counts[violation.Rule]++
	}
	switch {
	case counts[belief.OneLeader] > 0:
		return fmt.Sprintf("TWO LED AT ONCE, %d times. This must never happen: please report it.", counts[belief.OneLeader])
	case len(violations) > 0:
		return "Never two leaders at once, but this must not happen either: please report it."
	case acts == 0:
		return "Nothing was shown yet."
	default:
		return "Never two leaders at once; terms only grew."
	}
}

func vacancyText(out outcome) string {
	if out.vacancy == 0 {
		return "none"
	}
	return seconds(out.vacancy)
}

func overlapText(out outcome) string {
	if out.overlap == 0 {
		return "none"
	}
	return seconds(out.overlap)
}

// termsText leaves out of the new term the digits that it shares with the old:
// most of them, since terms are microseconds since 1970.
func termsText(out outcome) string {
	from, to := strconv.FormatInt(out.from, 10), strconv.FormatInt(out.to, 10)
	if from == to {
		return from + ", the same"
	}
	shared := 0
	for len(from) == len(to) && from[shared] == to[shared] {
		shared++
	}
	if shared > 3 {
		to = "…" + to[shared:]
	}
	return from + " → " + to
}

// seconds writes a duration as people read it: 1.3 ms, 2.004 s.
func seconds(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + seconds(-d)
	case d < 100*time.Millisecond:
		return strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatFloat(d.Seconds()*1000, 'f', 0, 64) + " ms"
	default:
		return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + " s"
	}
}
