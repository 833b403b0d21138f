package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// line is one thing that happened.
type line struct {
	at        time.Duration
	who, what string
}

// firstLine leaves out the stack of a panic, which differs between runs.
func firstLine(err error) string {
	if err == nil {
		return ""
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// inOrder returns the lines as text. What happened at one moment has no order: the
// goroutines that did it ran in whatever order they were scheduled, and nothing
// else depends on it. Here it gets one, so that a seed tells the same story again.
func inOrder(story []line) []string {
	slices.SortStableFunc(story, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.who, b.who), cmp.Compare(a.what, b.what))
	})
	text := make([]string, len(story))
	for i, l := range story {
		text[i] = fmt.Sprintf("%10.4fs  %-6s %s", l.at.Seconds(), l.who, l.what)
	}
	return text
}
