package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// measure is one kind of measurement.
type measure struct {
	name string
	run  func(*task) error
	// once: its figures don't depend on the timing, so it is made with the defaults only.
	once bool
	// of are the peers that it is for; nil: all.
	of func(peer) bool
	// abreast is how many peers it is made of at once, each with a store of its own,
	// where it is mostly waiting; 0: one after the other.
	abreast int
}

var measures = []measure{
	{name: "limits", run: measureLimits, once: true, of: isOurs},
	{name: "handover", run: measureHandover},
	{name: "crash", run: measureCrash},
	{name: "commands", run: measureCommands, abreast: 4},
	{name: "check", run: measureCheck, once: true},
	{name: "memory", run: measureMemory, once: true, abreast: 2},
	{name: "overlap", run: measureOverlap, abreast: 2},
	{name: "scale", run: measureScale, once: true, of: isOurs},
	{name: "candidates", run: measureCandidates, once: true, of: func(p peer) bool { return len(p.asks) > 0 }},
}

func isOurs(p peer) bool { return p.name == oursName }

func measureNames() string {
	names := make([]string, 0, len(measures))
	for _, m := range measures {
		names = append(names, m.name)
	}
	return strings.Join(names, ",")
}

// task is one measurement of one peer with one timing.
type task struct {
	measure string
	peer    peer
	timing  timing
	rounds  int

	found *results

	mu   sync.Mutex
	done int
}

// note takes in one value of a metric. It is safe for concurrent use.
func (t *task) note(metric string, value float64) {
	t.found.add(metric, t.peer.name, t.timing.name, value)
}

func (t *task) noteSpan(metric string, span time.Duration) { t.note(metric, milliseconds(span)) }

func milliseconds(span time.Duration) float64 { return span.Seconds() * 1000 }

func (t *task) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s, %s, %s: %s\n", time.Now().Format(time.TimeOnly),
		t.measure, t.peer.name, t.timing.name, fmt.Sprintf(format, args...))
}

// fail takes in why something could not be measured.
func (t *task) fail(err error) {
	t.say("%v", err)
	t.found.fail(problem{t.measure, t.peer.name, t.timing.name, err.Error()})
}

// measureAll makes one measurement of all peers.
func (r *results) measureAll(m measure, peers []peer, rounds int) {
	var running sync.WaitGroup
	room := make(chan struct{}, max(1, m.abreast))
	for _, p := range peers {
		room <- struct{}{}
		running.Go(func() {
			defer func() { <-room }()
			r.measure(m, p, rounds)
		})
	}
	running.Wait()
}

// measure makes one measurement of one peer with every timing.
func (r *results) measure(m measure, p peer, rounds int) {
	if m.of != nil && !m.of(p) {
		return
	}
	for _, timing := range timings {
		t := &task{measure: m.name, peer: p, timing: timing, rounds: rounds, found: r}
		if timing == defaults {
			t.rounds = max(1, rounds/5) // they take three times as long, and are shaped alike
			if m.once {
				t.rounds = rounds
			}
		} else if m.once {
			continue
		}
		t.say("begins")
		if err := m.run(t); err != nil {
			t.fail(err)
		}
	}
}

// maxFailures is how many rounds of one measurement may fail before it is given up.
const maxFailures = 3

// inLanes plays n rounds, in so many lanes at once: most of a round is waiting. Each
// lane has a store and a cast of its own, and new ones after a round that failed.
func (t *task) inLanes(lanes, n int, round func(*scope, store, *cast) error) {
	var running sync.WaitGroup
	left := make(chan struct{}, n)
	for range n {
		left <- struct{}{}
	}
	close(left)
	for range min(lanes, n) {
		running.Go(func() {
			for failures := 0; failures < maxFailures && len(left) > 0; failures++ {
				err := inScope(func(s *scope) error { return t.lane(s, left, round) })
				if err == nil {
					return
				}
				t.fail(err)
			}
		})
	}
	running.Wait()
}

func (t *task) lane(s *scope, left <-chan struct{}, round func(*scope, store, *cast) error) error {
	st := t.peer.store(s)
	c := newCast(s, t.peer, t.timing, directly(st))
	for range left {
		if err := round(s, st, c); err != nil {
			return err
		}
		t.mu.Lock()
		t.done++
		if t.done%10 == 0 {
			t.say("%d rounds", t.done)
		}
		t.mu.Unlock()
	}
	return nil
}
