//go:build unix

package main

import (
	"errors"
	"testing"
	"time"

	"example.com/leaderelection"
)

func TestTimeToKillEndsBeforeTheLease(t *testing.T) {
	const term = 7
	now := time.Now()
	elected := leaderelection.Event{Kind: leaderelection.Elected, Term: term, Time: now, Elapsed: 2 * time.Second}
	renewed := leaderelection.Event{Kind: leaderelection.Renewed, Term: term, Time: now.Add(3 * time.Second), Elapsed: time.Second}
	deposed := leaderelection.Event{Kind: leaderelection.ReleaseFailed, Term: term, Time: now, Err: leaderelection.ErrDeposed}
	failed := leaderelection.Event{Kind: leaderelection.ReleaseFailed, Term: term, Time: now, Err: errors.New("some error")}

	for name, test := range map[string]struct {
		events []leaderelection.Event
		want   time.Duration // from now until it is killed; the TTL is 10s, the margin 2s, the reserve 1s
	}{
		"counted from the sending":   {[]leaderelection.Event{elected}, 7 * time.Second},
		"a renewal lengthens it":     {[]leaderelection.Event{elected, renewed}, 11 * time.Second},
		"what is unknown changes it": {[]leaderelection.Event{elected, failed}, 7 * time.Second},
		"deposed while draining":     {[]leaderelection.Event{elected, renewed, deposed}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLease(10 * time.Second)
			for _, event := range test.events {
				l.Observe(event)
			}
			got, ok := l.of(term)
			if want := now.Add(test.want).UnixNano(); !ok || got.Kill.Wall != want || got.Ask != got.Kill.Plus(-time.Second) {
				t.Errorf("killed %v from now and asked %v before that (known: %v), want %v and 1s",
					time.Unix(0, got.Kill.Wall).Sub(now), got.Kill.Wall-got.Ask.Wall, ok, test.want)
			}
			if _, ok := l.of(term + 1); ok {
				t.Error("a lease is known of a term that has not begun")
			}
		})
	}
}
