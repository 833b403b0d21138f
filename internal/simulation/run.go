package simulation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

func init() { redis.SetLogger(silent{}) }

// silent logs nothing: go-redis tells of every connection that breaks.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Result is what came of a plan.
type Result struct {
	Violations []Violation
	Terms      int // how many began
	Requests   int // that the server executed
	Length     time.Duration
	Story      []string // if it was asked for
}

// Run lets a plan happen. It must be called from a test, since that is where fake
// time is to be had; the test does not fail by it.
func Run(t *testing.T, plan Plan, tell bool) Result {
	t.Helper()
	var result Result
	synctest.Test(t, func(*testing.T) {
		w := newWorld(plan, tell)
		w.run()
		result = Result{
			Violations: w.violations,
			Terms:      len(w.terms),
			Requests:   w.host.executed,
			Length:     time.Since(w.began),
			Story:      inOrder(w.story),
		}
	})
	return result
}
