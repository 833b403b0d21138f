//go:build !unix

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newRunCommand says why there is no run here.
func newRunCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "run",
		Short:              "Run a command only while this instance leads (on Linux, macOS and other Unixes)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("run needs process groups and signals, which this system does not have")
		},
	}
}

// newGuardianCommand: nothing is started that would need one.
func newGuardianCommand() *cobra.Command { return &cobra.Command{Use: "guardian", Hidden: true} }
