//go:build linux || darwin

package postgrestest

import (
	"fmt"
	"os"
	"testing"

	"example.com/leaderelection/internal/contender"
	"go.uber.org/goleak"
)

// server is what all tests share; each names resources of its own.
var server *Server

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
	goleak.VerifyTestMain(served{m})
}

// served runs the tests while there is a server.
type served struct{ *testing.M }

func (s served) Run() int {
	var err error
	if server, err = Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Stop()
	if err := createTables(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return s.M.Run()
}
