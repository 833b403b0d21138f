package main

import (
	"errors"
	"testing"
	"time"

	"example.com/leaderelection"
)

func TestTimeToKillEndsBeforeTheLease(t *testing.T) {
	now := time.Now()
	elected := leaderelection.Event{Kind: leaderelection.Elected, Time: now, Elapsed: 2 * time.Second}
	renewed := leaderelection.Event{Kind: leaderelection.Renewed, Time: now.Add(3 * time.Second), Elapsed: time.Second}
	deposed := leaderelection.Event{Kind: leaderelection.ReleaseFailed, Err: leaderelection.ErrDeposed}
	failed := leaderelection.Event{Kind: leaderelection.ReleaseFailed, Err: errors.New("some error")}

	for name, test := range map[string]struct {
		events []leaderelection.Event
		want   time.Duration // from now; the TTL is 10s, the reserve 1s
	}{
		"nothing known yet":          {nil, 0},
		"counted from the sending":   {[]leaderelection.Event{elected}, 7 * time.Second},
		"a renewal lengthens it":     {[]leaderelection.Event{elected, renewed}, 11 * time.Second},
		"what is unknown changes it": {[]leaderelection.Event{elected, failed}, 7 * time.Second},
		"deposed while draining":     {[]leaderelection.Event{elected, renewed, deposed}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLease(10*time.Second, time.Second)
			for _, event := range test.events {
				l.Observe(event)
			}
			if got := l.timeToKill(now); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
