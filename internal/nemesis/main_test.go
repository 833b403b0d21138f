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
	if length := os.Getenv(burn); length != "" {
		burnProcessor(length)
		return
	}
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
	enterNamespace()
	if os.Getenv(inNamespace) == "" {
		fmt.Fprintln(os.Stderr, "no packets are lost in these tests:", losesPackets())
	}
	if err := prepareNamespace(); err != nil {
		fmt.Fprintln(os.Stderr, "switching the loopback interface on:", err)
		os.Exit(1)
	}
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
