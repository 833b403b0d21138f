package model

import (
	"reflect"
	"testing"
)

// Merging states must change nothing but their number: the merged exploration finds
// the canonical forms of exactly the states that the other one finds, or breaks the
// same promise at the same depth, by all rules that there are.
func TestMergedStatesBehaveAlike(t *testing.T) {
	notUnderRace(t)
	configs := map[string]Config{
		"right":     {Ticks: 3, Bids: 2, Faults: 1, Flight: 1},
		"repeated":  {Ticks: 2, Bids: 2, Repeat: 1, Flight: 2},
		"reordered": {Ticks: 1, Bids: 3, Flight: 3},
		"later":     {Ticks: 5, Bids: 2, Flight: 1},
		"isolation": {Ticks: 3, Bids: 2, Flight: 1, Isolation: true, Acks: true},
	}
	rules := reflect.TypeFor[Rules]()
	for i := range rules.NumField() {
		config := Config{Ticks: 3, Bids: 2, Faults: 1, Flight: 1}
		reflect.ValueOf(&config.Rules).Elem().Field(i).SetBool(true)
		configs[rules.Field(i).Name] = config
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			canonical := config.identities()
			exact := canonical
			exact.exact = true
			want, got := map[identity]bool{}, map[identity]bool{}
			all := config.explore(exact, nil, func(s state) { want[canonical.of(s)] = true })
			merged := config.explore(canonical, nil, func(s state) { got[canonical.of(s)] = true })

			if merged.Violation != all.Violation || all.Violation != "" && merged.Depth != all.Depth {
				t.Errorf("merged: %q at depth %d, else: %q at depth %d", merged.Violation, merged.Depth, all.Violation, all.Depth)
			}
			if all.Violation == "" && !reflect.DeepEqual(got, want) {
				t.Errorf("merged: %d states, else: %d that differ", len(got), len(want))
			}
			t.Logf("%d states merged to %d", all.States, merged.States)
		})
	}
}
