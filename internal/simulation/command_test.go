package simulation_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/simulation"
)

// The command line of `make simulate`, which runs this package's test binary: fake
// time is to be had in tests only.
var (
	seeds   = flag.Uint64("seeds", 0, "simulate this many seeds, on all processors")
	from    = flag.Uint64("from", 0, "the first of them")
	step    = flag.Uint64("step", 0, "of a worker: take every so manyth seed, and report as JSON")
	one     = flag.String("seed", "", "simulate this one seed, and tell its story")
	without = flag.String("without", "", "of that seed, leave these faults out (their numbers, with commas)")
)

// TestSimulate is `make simulate`.
func TestSimulate(t *testing.T) {
	switch {
	case *one != "":
		tellOne(t)
	case *step > 0:
		work(t)
	case *seeds > 0:
		simulateAll(t)
	}
}

// tellOne tells the story of one seed.
func tellOne(t *testing.T) {
	seed, err := strconv.ParseUint(*one, 10, 64)
	if err != nil {
		t.Fatalf("-seed %q is not a number", *one)
	}
	plan := simulation.NewPlan(seed)
	var kept []simulation.Fault
	for i, fault := range plan.Faults {
		if !contains(*without, i) {
			kept = append(kept, fault)
		}
	}
	plan.Faults = kept
	fmt.Println(story(t, plan))
	if simulation.Fails(t, plan) {
		t.Error("it breaks a promise")
	}
}

func contains(list string, number int) bool {
	for word := range strings.SplitSeq(list, ",") {
		if word == strconv.Itoa(number) {
			return true
		}
	}
	return false
}

// report is what a worker tells about a seed.
type report struct {
	Seed     uint64         `json:"seed"`
	Begins   bool           `json:"begins,omitempty"` // it is about to simulate it
	Terms    int            `json:"terms,omitempty"`
	Requests int            `json:"requests,omitempty"`
	Length   time.Duration  `json:"length,omitempty"`
	Faults   map[string]int `json:"faults,omitempty"`
	Failure  string         `json:"failure,omitempty"`
}

// tooLong is when a seed hangs: the longest takes a second.
const tooLong = 2 * time.Minute

// work simulates a worker's seeds, one after another.
func work(t *testing.T) {
	reports := json.NewEncoder(os.Stdout)
	for seed := *from; seed < *from+*seeds; seed += *step {
		_ = reports.Encode(report{Seed: seed, Begins: true})
		watchdog := time.AfterFunc(tooLong, func() { panic(fmt.Sprintf("seed %d hangs", seed)) })
		plan := simulation.NewPlan(seed)
		result := simulation.Run(t, plan, false)
		watchdog.Stop()
		r := report{Seed: seed, Terms: result.Terms, Requests: result.Requests, Length: result.Length, Faults: map[string]int{}}
		for _, fault := range plan.Faults {
			r.Faults[fault.Kind]++
		}
		if len(result.Violations) > 0 {
			r.Failure = fmt.Sprintf("%v\n%v\nwithout the faults that it doesn't take:\n%s",
				plan, result.Violations, story(t, simulation.Shrink(t, plan)))
		}
		_ = reports.Encode(r)
		if r.Failure != "" {
			t.FailNow()
		}
	}
}
