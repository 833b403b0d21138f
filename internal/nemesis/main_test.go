//go:build linux || darwin

package nemesis

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"example.com/leaderelection/internal/contender"
	"go.uber.org/goleak"
)

// The test binary is also what the candidate processes run.
func TestMain(m *testing.M) {
	settings, ok, err := contender.FromEnvironment()
	if ok {
		if err == nil {
			err = contender.Run(settings)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	waitTogether()
	goleak.VerifyTestMain(m)
}

// waitTogether has more tests run at once than there are processors: what they
// do most is wait for leases to end. -parallel says otherwise.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "6")
	}
}
