//go:build linux || darwin

package main

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

func TestSummary(t *testing.T) {
	const want = `
act                   without a leader  term                             overlap
graceful stop         1.3 ms            1795385668191228 → …938813       none
  c stopped, a leads
Redis loses its data  none              1795385668938813, the same       none
  a leads on, in the same term

Never two leaders at once; terms only grew.
`
	got := summary([]outcome{
		{act: "graceful stop", happened: "c stopped, a leads", vacancy: 1300 * time.Microsecond, from: 1795385668191228, to: 1795385668938813},
		{act: "Redis loses its data", happened: "a leads on, in the same term", from: 1795385668938813, to: 1795385668938813},
	}, nil)
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestSummaryOfWhatMustNotHappen(t *testing.T) {
	got := summary(
		[]outcome{{act: "kill -9", happened: "a was killed; b leads", vacancy: time.Second, overlap: 20 * time.Millisecond, from: 1, to: 2}},
		[]belief.Violation{{Rule: belief.OneLeader, For: 20 * time.Millisecond, Details: "a#1 in term 1, and b#1 in term 2"}},
	)
	for _, text := range []string{"20.0 ms\n", "TWO LED AT ONCE, 1 times", "for 20ms: a#1 in term 1, and b#1 in term 2"} {
		if !strings.Contains(got, text) {
			t.Errorf("%q lacks %q", got, text)
		}
	}
	if got := verdict(1, []belief.Violation{{Rule: belief.TermsGrow}}); !strings.Contains(got, "must not happen") {
		t.Errorf("a term that does not grow: %q", got)
	}
	if got := summary(nil, nil); got != "\nNothing was shown yet.\n" {
		t.Errorf("without any act: %q", got)
	}
}

func TestTermsText(t *testing.T) {
	for _, test := range []struct {
		from, to int64
		want     string
	}{
		{7, 8, "7 → 8"},
		{9, 10, "9 → 10"},
		{7, 7, "7, the same"},
		{12345678, 12345999, "12345678 → …999"},
		{1795385668191228, 1795385672146434, "1795385668191228 → …72146434"},
	} {
		if got := termsText(outcome{from: test.from, to: test.to}); got != test.want {
			t.Errorf("%d, %d: %q, want %q", test.from, test.to, got, test.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0.0 ms",
		1340 * time.Microsecond: "1.3 ms",
		-time.Millisecond:       "-1.0 ms",
		250 * time.Millisecond:  "250 ms",
		2004 * time.Millisecond: "2.004 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
