package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is what an exploration has found.
type Outcome struct {
	States      int
	Transitions int
	Depth       int // of the state that takes the most steps to get to
	Took        time.Duration
	Violation   Promise  // that is broken, "" if none is
	Story       []string // a shortest way to it
}

func (o Outcome) String() string {
	return fmt.Sprintf("%d states, %d transitions, depth %d, %v", o.States, o.Transitions, o.Depth, o.Took.Round(time.Millisecond))
}

// way is how a state was first come by.
type way struct {
	from uint32 // the number of the state before
	step uint8  // the number of the step among that one's
}

// exploration is what is known while one is under way.
type exploration struct {
	Config
	identities
	visited map[identity]struct{}
	ways    []way // by the number of a state, which is its rank in the order of discovery
	began   time.Time
	Outcome
}

// Explore visits every state that can be reached, breadth first, until one breaks a
// promise. progress is called once for each depth; it may be nil.
func (c Config) Explore(progress func(depth, states int)) Outcome {
	return c.explore(c.identities(), progress, nil)
}

// explore is Explore. visit is called for every state that is told apart from the
// others; it may be nil.
func (c Config) explore(ids identities, progress func(depth, states int), visit func(state)) Outcome {
	x := exploration{Config: c, identities: ids, visited: map[identity]struct{}{}, began: time.Now()}
	x.discover(c.initial(), way{})
	var steps []step
	for level, number := []state{c.initial()}, 0; len(level) > 0; x.Depth++ {
		if progress != nil {
			progress(x.Depth, len(x.ways))
		}
		var next []state
		for _, s := range level {
			if visit != nil {
				visit(s)
			}
			if wrong := c.judge(s); wrong != "" {
				x.Violation = wrong
				x.Story = x.story(number)
				return x.outcome()
			}
			steps = c.steps(steps[:0], s)
			for i := range steps {
				x.Transitions++
				if x.discover(steps[i].after, way{uint32(number), uint8(i)}) {
					next = append(next, steps[i].after)
				}
			}
			number++
		}
		level = next
	}
	x.Depth--
	return x.outcome()
}

// discover reports whether the state has not been met before.
func (x *exploration) discover(s state, how way) bool {
	id := x.of(s)
	if _, known := x.visited[id]; known {
		return false
	}
	x.visited[id] = struct{}{}
	x.ways = append(x.ways, how)
	return true
}

func (x *exploration) outcome() Outcome {
	x.States, x.Took = len(x.ways), time.Since(x.began)
	return x.Outcome
}

// story tells how a state was come by.
func (x *exploration) story(number int) []string {
	var numbers []uint8
	for at := uint32(number); at != 0; at = x.ways[at].from {
		numbers = append(numbers, x.ways[at].step)
	}
	slices.Reverse(numbers)
	var lines []string
	tell := func(after state, e event) {
		lines = append(lines, fmt.Sprintf("%2d  %v%s", after.now, e, leaders(after)))
	}
	s := x.initial()
	for _, number := range numbers {
		step := x.steps(nil, s)[number]
		s = step.after
		tell(s, step.event)
	}
	if x.Violation == AlwaysAgain {
		alive := x.survivors(s)
		for x.recovers(s, alive[0], silent) {
			alive = alive[1:]
		}
		lines = append(lines, fmt.Sprintf("    from here on nothing goes wrong, and alive are %s:", names(alive[0])))
		x.recovers(s, alive[0], tell)
	}
	return lines
}

func names(candidates []int8) string {
	all := make([]string, len(candidates))
	for i, who := range candidates {
		all[i] = name(who)
	}
	return strings.Join(all, " and ")
}

func leaders(s state) string {
	var b strings.Builder
	for who, c := range s.candidates {
		if c.believes(s.now) {
			fmt.Fprintf(&b, "   [%s leads in term %d until %d]", name(int8(who)), c.term, c.deadline)
		}
	}
	return b.String()
}
