package main

import (
	"fmt"
	"os"
	"testing"
)

// The test binary is also what the processes of these tests run.
func TestMain(m *testing.M) {
	if ok, err := playRole(os.Args[1:]); ok {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
