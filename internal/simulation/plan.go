package simulation

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Plan is all that a seed decides beforehand.
type Plan struct {
	Seed                  uint64
	Candidates            int
	TTL, Heartbeat, Retry time.Duration
	Rates                 []float64     // of each candidate's clocks
	Latency               time.Duration // the longest that a message takes on a good day
	FreshServer           bool          // started a moment ago, else a day
	HeedsContext          bool          // ContextTimeoutEnabled of the client
	Announces             bool          // whether LeaderInfo is published
	ReadTimeout           time.Duration // of the client
	Priorities            []int         // of each candidate
	Preempts              []bool        // whether a candidate does
	Faults                []Fault       // in the order of their beginning
}

// Fault is one misfortune.
type Fault struct {
	Kind string
	At   time.Duration // since the beginning
	For  time.Duration // how long it lasts; 0 if it is over at once
	By   time.Duration // by how much it delays, or sets a clock
	Who  int           // the candidate that it befalls
	What string        // the key, or the answer, that it concerns
}

func (f Fault) String() string {
	kind := kinds[f.Kind]
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3fs  %s", f.At.Seconds(), f.Kind)
	if f.What != "" {
		fmt.Fprintf(&b, " %q", f.What)
	}
	if !kind.ofServer {
		fmt.Fprintf(&b, ", candidate %d", f.Who)
	}
	if f.By != 0 {
		fmt.Fprintf(&b, ", by up to %v", f.By.Round(time.Millisecond))
	}
	if f.For != 0 {
		fmt.Fprintf(&b, ", for %v", f.For.Round(time.Millisecond))
	}
	return b.String()
}

// NewPlan makes the plan of a seed.
func NewPlan(seed uint64) Plan {
	dice := rand.New(rand.NewPCG(seed, 0x5eed))
	p := Plan{
		Seed:         seed,
		Candidates:   oneOf(dice, 2, 2, 2, 2, 3, 3, 3, 4, 5, 7),
		TTL:          oneOf(dice, time.Duration(1), 2, 4, 10) * time.Second,
		FreshServer:  dice.IntN(4) == 0,
		HeedsContext: dice.IntN(2) == 0,
		Announces:    dice.IntN(4) == 0,
	}
	p.Heartbeat = p.TTL * oneOf(dice, time.Duration(20), 30, 40, 44) / 100
	p.Retry = p.TTL * oneOf(dice, time.Duration(20), 40, 80, 100, 150) / 100
	p.ReadTimeout = p.TTL * oneOf(dice, time.Duration(20), 50, 200) / 100
	p.Latency = p.TTL * oneOf(dice, time.Duration(1), 10, 50) / 1000
	for range p.Candidates {
		p.Rates = append(p.Rates, 1+(dice.Float64()-0.5)*0.04)
	}
	for range 1 + dice.IntN(8) {
		p.Faults = append(p.Faults, p.newFault(dice))
	}
	ranked := dice.IntN(3) == 0
	for range p.Candidates {
		priority, preempts := dice.IntN(4)-1, dice.IntN(3) == 0
		if !ranked {
			priority, preempts = 0, false
		}
		p.Priorities, p.Preempts = append(p.Priorities, priority), append(p.Preempts, preempts)
	}
	slices.SortFunc(p.Faults, func(a, b Fault) int { return int(a.At - b.At) })
	p.spaceMeddling()
	p.tellSuspensions()
	return p
}

func (p *Plan) newFault(dice *rand.Rand) Fault {
	name := lots[dice.IntN(len(lots))]
	kind := kinds[name]
	f := Fault{
		Kind: name,
		At:   time.Duration(dice.Int64N(int64(3 * p.TTL))),
		Who:  dice.IntN(p.Candidates),
	}
	if kind.lasts > 0 {
		f.For = 1 + time.Duration(dice.Int64N(int64(kind.lasts*float64(p.TTL))))
	}
	if kind.by > 0 {
		f.By = 1 + time.Duration(dice.Int64N(int64(kind.by*float64(p.TTL))))
	}
	if len(kind.what) > 0 {
		f.What = kind.what[dice.IntN(len(kind.what))]
	}
	return f
}

// spaceMeddling keeps two hands on the election's keys a lease apart, so that a leader
// that can renew puts back what the first has spoilt. Who deletes all the keys while
// a leader is cut off, and starts a candidate that has never seen a term, can have
// two leaders; who deletes the record and takes away the lock's expiry, none: the
// documentation says so.
func (p *Plan) spaceMeddling() {
	var allowed time.Duration
	p.Faults = slices.DeleteFunc(p.Faults, func(f Fault) bool {
		if !kinds[f.Kind].meddles {
			return false
		}
		if f.At < allowed {
			return true
		}
		allowed = f.At + f.For + 2*p.TTL
		return false
	})
}

// tellSuspensions keeps apart what together deceives both clocks of a machine: its
// wall clock is set back, and before the next heartbeat it is suspended. That is a
// limit, and the package documentation says so.
func (p *Plan) tellSuspensions() {
	setBack := map[int]bool{}
	for _, f := range p.Faults {
		setBack[f.Who] = setBack[f.Who] || f.Kind == clockBack
	}
	p.Faults = slices.DeleteFunc(p.Faults, func(f Fault) bool { return f.Kind == suspended && setBack[f.Who] })
}

func oneOf[T any](dice *rand.Rand, choices ...T) T { return choices[dice.IntN(len(choices))] }

func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d candidates, LockTTL %v, HeartbeatInterval %v, RetryInterval %v, latency up to %v\n",
		p.Seed, p.Candidates, p.TTL, p.Heartbeat, p.Retry, p.Latency)
	fmt.Fprintf(&b, "ReadTimeout %v, ContextTimeoutEnabled %v, server just started: %v, clock rates", p.ReadTimeout, p.HeedsContext, p.FreshServer)
	for _, rate := range p.Rates {
		fmt.Fprintf(&b, " %.3f", rate)
	}
	fmt.Fprintf(&b, "\npriorities %v, preempting %v", p.Priorities, p.Preempts)
	b.WriteString("\nfaults:\n")
	for i, f := range p.Faults {
		fmt.Fprintf(&b, "  %2d %v\n", i, f)
	}
	return b.String()
}

// Kinds returns the names of all kinds of faults.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }
