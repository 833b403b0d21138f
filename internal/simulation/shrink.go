package simulation

import (
	"slices"
	"testing"
)

// Shrink returns the plan with as few of its faults as still break a promise. A
// plan that breaks none comes back as it was.
func Shrink(t *testing.T, plan Plan) Plan {
	t.Helper()
	for i := 0; i < len(plan.Faults); {
		smaller := plan
		smaller.Faults = slices.Delete(slices.Clone(plan.Faults), i, i+1)
		if Fails(t, smaller) {
			plan = smaller
			i = 0
		} else {
			i++
		}
	}
	return plan
}

// Fails reports whether the plan breaks a promise. It tries a few times: two
// goroutines that race within one moment are not the seed's to decide.
func Fails(t *testing.T, plan Plan) bool {
	t.Helper()
	for range 3 {
		if len(Run(t, plan, false).Violations) > 0 {
			return true
		}
	}
	return false
}
