//go:build !linux && !darwin

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDemoCommand says why there is no demo here: its processes are frozen with
// signals that only unix has, and share a clock that not every unix lets us read.
func newDemoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Watch three processes elect a leader (on Linux and macOS)",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("demo runs on Linux and macOS only")
		},
	}
}
