//go:build unix

package main

import (
	"github.com/spf13/cobra"

	"example.com/leaderelection/internal/guardian"
)

// guardianName is the command by which leader run starts its guardians.
const guardianName = "guardian"

func newGuardianCommand() *cobra.Command {
	return &cobra.Command{
		Use:    guardianName,
		Short:  "Ends the command of leader run in time, whatever happens to that",
		Hidden: true,
		RunE:   func(_ *cobra.Command, args []string) error { return guardian.Main(args) },
	}
}
