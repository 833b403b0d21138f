package storetest

import (
	"maps"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStoreThatKeepsItsPromisesPasses(t *testing.T) {
	t.Run("InBubbles", func(t *testing.T) {
		RunInBubble(t, func(*testing.T) leaderelection.Store { return memstore.New() })
	})
	t.Run("SharedInRealTime", func(t *testing.T) {
		shared := memstore.New()
		Run(t, func(*testing.T) leaderelection.Store { return shared })
	})
	t.Run("Recorded", func(t *testing.T) {
		if broken := brokenPromises(t, func() leaderelection.Store { return memstore.New() }); len(broken) > 0 {
			t.Errorf("the recorder saw failures in a store that works: %v", broken)
		}
	})
}

// TestStoreThatQuarantinesPasses since the contract asks it of a store that may
// have lost its data.
func TestStoreThatQuarantinesPasses(t *testing.T) {
	RunInBubble(t, func(*testing.T) leaderelection.Store { return newCautious(memstore.New()) })
}

func TestBrokenStoreIsCaught(t *testing.T) {
	for _, fault := range append(faults, steeringFaults...) {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			broken := brokenPromises(t, func() leaderelection.Store { return fault.in(memstore.New()) })
			names := slices.Sorted(maps.Keys(broken))
			for _, name := range fault.caughtBy {
				if _, ok := broken[name]; !ok {
					t.Errorf("%s did not catch it; these did: %v", name, names)
				}
			}
			for _, name := range names {
				t.Logf("%s: %s", name, broken[name][0])
			}
		})
	}
}
