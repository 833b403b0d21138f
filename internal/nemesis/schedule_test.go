//go:build linux || darwin

package nemesis

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/redistest"
)

// The command line of `make nemesis`.
var (
	howLong = flag.Duration("for", 20*time.Second, "how long the random schedule lasts")
	seed    = flag.Uint64("seed", 0, "of the schedule; 0 for a new one")
	report  = flag.String("report", "", "write a report in Markdown to this file")
)

// settled is how long all stays well between two rounds of faults.
const settled = 500 * time.Millisecond

// TestRandomSchedule lets faults strike at random, several at a time, heals them
// all, waits for a leader, and begins again. `go test` does so for a little while,
// `make nemesis` for as long as one likes.
func TestRandomSchedule(t *testing.T) {
	t.Parallel()
	s := newSchedule(t)
	defer s.conclude()
	for round, begun := 1, time.Now(); time.Since(begun) < *howLong && !t.Failed(); round++ {
		s.round()
		if round%10 == 0 {
			s.judge()
			t.Logf("%s", s.progress())
			fmt.Fprintln(os.Stderr, s.progress())
		}
	}
}

// schedule is a run of TestRandomSchedule.
type schedule struct {
	*cluster
	dice   *rand.Rand
	seed   uint64
	begun  time.Time
	struck map[string]int // by kind
	news   int            // candidates that were started under a new name

	longest     span // without a leader, whatever was wrong
	recoveries  int
	longestWell span // without one after all was healed
}

// span is how long something lasted, and what was wrong then.
type span struct {
	length time.Duration
	what   []string
}

func newSchedule(t *testing.T) *schedule {
	s := &schedule{seed: *seed, begun: time.Now(), struck: map[string]int{}}
	if s.seed == 0 {
		s.seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	t.Logf("again: make nemesis FOR=%v SEED=%d", *howLong, s.seed)
	s.dice = rand.New(rand.NewPCG(s.seed, 0))
	s.cluster = start(t, brisk, redistest.WithAOF(), redistest.WithConfig("enable-debug-command", "yes"))
	return s
}

// round has one to three faults strike, and then heals them.
func (s *schedule) round() {
	last, _ := s.history.Latest()
	struck := belief.Now()
	n := 1 + s.dice.IntN(3)
	kinds, heal := make([]string, 0, n), make([]func(), 0, n)
	for range n {
		name, fault := s.draw(kinds)
		kinds = append(kinds, name)
		s.struck[name]++
		h := fault(s)
		if name == packetsLost {
			heal = slices.Insert(heal, 0, h) // before a server is started and asked over that network
		} else {
			heal = append(heal, h)
		}
		time.Sleep(s.upTo(s.settings.TTL / 2))
	}
	time.Sleep(s.upTo(2 * s.settings.TTL))
	for _, h := range heal {
		h()
	}
	s.recover(last, struck, kinds)
	time.Sleep(settled)
}

// recover waits until somebody leads, and measures how long that took.
func (s *schedule) recover(last belief.Reign, struck time.Duration, kinds []string) {
	well := belief.Now()
	s.await(fmt.Sprintf("a leader after %v", kinds), s.bound()+slack, func() bool {
		latest, ok := s.history.Latest()
		return ok && latest.Last > well
	})
	leader, _ := s.history.Since(well)
	s.recoveries++
	s.longestWell = s.longestWell.orLonger(max(0, leader.First-well), kinds)
	// Without a leader in all: from the end of each reign to the next one's beginning.
	end := max(last.Last, struck)
	for _, reign := range s.history.Reigns(belief.Lead) {
		if reign.First > end && reign.First <= leader.First {
			s.longest = s.longest.orLonger(reign.First-end, kinds)
		}
		end = max(end, reign.Last)
	}
}

func (s span) orLonger(length time.Duration, what []string) span {
	if length > s.length {
		return span{length, what}
	}
	return s
}

// judge fails the test for what has gone wrong so far.
func (s *schedule) judge() {
	for _, violation := range belief.Judge(&s.history) {
		s.t.Errorf("seed %d: %v", s.seed, violation)
	}
}

func (s *schedule) progress() string {
	faults := 0
	for _, n := range s.struck {
		faults += n
	}
	return fmt.Sprintf("%v of %v: %d faults, %d reigns, %d violations", time.Since(s.begun).Round(time.Second), *howLong,
		faults, len(s.history.Reigns(belief.Lead)), len(belief.Judge(&s.history)))
}

func (s *schedule) upTo(most time.Duration) time.Duration {
	return time.Duration(s.dice.Int64N(int64(most)))
}
