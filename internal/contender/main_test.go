//go:build linux || darwin

package contender

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also what the processes of these tests run.
func TestMain(m *testing.M) {
	settings, ok, err := FromEnvironment()
	if ok {
		if err == nil {
			err = Run(settings)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
