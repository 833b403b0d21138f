package model

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

// large is the command line of `make model`.
var large = flag.Bool("large", false, "explore the large configurations too, for some ten minutes")

func TestRulesKeepEveryPromise(t *testing.T) {
	found, _ := exploreSmall()
	allKept(t, found)
}

func TestReplicaAcksKeepAnIsolatedPrimaryFromKeepingItsLeader(t *testing.T) {
	without := Config{Isolation: true, Ticks: 3, Bids: 2, Flight: 1, Only: OneLeader}
	breaks(t, without, OneLeader)

	with := without
	with.Acks, with.Flight, with.Only = true, 2, ""
	if !raceEnabled {
		with.Ticks = 4
	}
	keepsEveryPromise(t, with, nil)
}

// TestLarge is `make model`. With -large, TestScriptsAnswerAsTheModelDoes asks all of
// its questions.
func TestLarge(t *testing.T) {
	if !*large {
		t.Skip("takes minutes: go test ./internal/simulation/model -run TestLarge -timeout 0 -args -large")
	}
	for _, config := range Large {
		fmt.Println(config)
		began := time.Now()
		keepsEveryPromise(t, config, func(depth, states int) {
			fmt.Printf("%8s  depth %2d  %9d states\n", time.Since(began).Round(time.Second), depth, states)
		})
	}
}

func keepsEveryPromise(t *testing.T, config Config, progress func(depth, states int)) {
	t.Helper()
	allKept(t, config.Explore(progress))
}

// notUnderRace skips what is too much with the race detector, which makes it ten times
// slower and has nothing to find: an exploration is one goroutine.
func notUnderRace(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("only without -race")
	}
}

func allKept(t *testing.T, found Outcome) {
	t.Helper()
	if found.Violation != "" {
		t.Fatalf("%s is broken:\n%s", found.Violation, strings.Join(found.Story, "\n"))
	}
	t.Log(found)
}

func breaks(t *testing.T, config Config, promise Promise) {
	t.Helper()
	found := config.Explore(nil)
	if found.Violation != promise {
		t.Fatalf("breaks the promise %q after %v, want %q", found.Violation, found, promise)
	}
	t.Logf("%s is broken (%v):\n%s", promise, found, strings.Join(found.Story, "\n"))
}

// Each rule is there for a reason: without it, a promise is broken.
func TestWrongRulesAreFound(t *testing.T) {
	quick := Config{Ticks: 3, Bids: 2, Flight: 2}
	faulty := quick
	faulty.Faults = 1
	for name, test := range map[string]struct {
		rules  Rules
		within Config
		breaks Promise
	}{
		"1 RegrantToInstance": {Rules{RegrantToInstance: true}, Config{Ticks: 3, Bids: 3, Flight: 2}, OneLeader},
		"2 RegrantExtending":  {Rules{RegrantExtending: true}, Config{Ticks: 3, Bids: 3, Flight: 2}, OneLeader},
		"3 QuarantineAsLease": {Rules{QuarantineAsLease: true}, Config{Ticks: 3, Bids: 3, Faults: 1, Flight: 1}, OneLeader},
		"4 TermPlusOne":       {Rules{TermPlusOne: true}, faulty, TermsGrow},
		"5 LossBySeenAlone":   {Rules{LossBySeenAlone: true}, faulty, AlwaysAgain},
		"NoQuarantine":        {Rules{NoQuarantine: true}, faulty, OneLeader},
		"IgnoreServerName":    {Rules{IgnoreServerName: true}, faulty, OneLeader},
		"ForgetSeen":          {Rules{ForgetSeen: true}, faulty, AlwaysAgain},
		"ReleaseAnything":     {Rules{ReleaseAnything: true}, Config{Ticks: 3, Bids: 3, Flight: 2}, OneLeader},
		"RenewAnything":       {Rules{RenewAnything: true}, Config{Ticks: 3, Bids: 3, Flight: 3}, OneLeader},
		"CountFromAnswer":     {Rules{CountFromAnswer: true}, quick, OneLeader},
		"ResumeClaim":         {Rules{ResumeClaim: true}, quick, OneLeader},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.within.Rules, test.within.Only = test.rules, test.breaks
			breaks(t, test.within, test.breaks)
		})
	}
}

// That a lease is lost is told to its leader early, as a courtesy: by the time
// anybody else is granted one, it has ended by the leader's own clock too. What the
// verdict is needed for is outside of the model: keys that somebody deletes.
func TestOneLeaderDoesNotRestOnHearingOfALoss(t *testing.T) {
	notUnderRace(t)
	config := Small
	config.Repeat, config.Rules.DoubtLoss = 0, true
	keepsEveryPromise(t, config, nil)
}
