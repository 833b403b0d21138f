package model

import "testing"

func TestSteeringKeepsEveryPromise(t *testing.T) {
	found, _ := exploreSteered()
	allKept(t, found)
}

// Each of the rules for orders is there for a reason, too.
func TestWrongRulesForOrdersAreFound(t *testing.T) {
	quick := Config{Ticks: 4, Bids: 3, Flight: 1, Orders: 1, Ranked: true}
	for name, test := range map[string]struct {
		rules  Rules
		breaks Promise
	}{
		"PauseElects":    {Rules{PauseElects: true}, PauseHolds},
		"ReserveForEver": {Rules{ReserveForEver: true}, AlwaysAgain},
		"ReserveAnew":    {Rules{ReserveAnew: true}, AlwaysAgain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			within := quick
			within.Rules, within.Only = test.rules, test.breaks
			breaks(t, within, test.breaks)
		})
	}
}
