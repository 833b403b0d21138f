//go:build linux || darwin

package nemesis

import (
	"fmt"
	"os"
	"testing"

	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
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
	redistest.Parallel(6) // they mostly wait for leases to end
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
