//go:build linux || darwin

package redisfence_test

import (
	"fmt"
	"os"
	"testing"

	"example.com/leaderelection/internal/contender"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

// The test binary is also what the candidate processes run.
func TestMain(m *testing.M) {
	settings, ok, err := contender.FromEnvironment()
	if ok {
		if err == nil {
			err = runCandidate(settings)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	redis.SetLogger(&logging.VoidLogger{}) // which tells of servers that are not there, as they should not be
	goleak.VerifyTestMain(m)
}
