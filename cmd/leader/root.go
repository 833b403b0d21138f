package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "leader",
		Short: "One instance out of many leads",
		Long: `leader elects one instance out of many over Redis: the one that runs the
scheduler, the migration, the consumer.`,
		Version: version(),

		// main prints errors, once and without passwords; usage is for those who ask.
		SilenceErrors: true,
		SilenceUsage:  true,

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := settle(cmd, cmd.ErrOrStderr()); err != nil {
				return err
			}
			return refuseOwnParent(cmd)
		},
	}
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp) // for those that take no arguments
	root.SetVersionTemplate("leader {{.Version}}\n")
	root.AddCommand(
		newDemoCommand(),
		newRunCommand(),
		newServeCommand(),
		newStatusCommand(),
		newWatchCommand(),
		newListCommand(),
		newHistoryCommand(),
		newStepDownCommand(),
		newPauseCommand(),
		newResumeCommand(),
		newDoctorCommand(),
		newGuardianCommand(),
		newManCommand(),
		newVersionCommand(),
		newConfigTopic(),
	)
	return root
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			_, _ = fmt.Fprintln(cmd.OutOrStdout(), "leader", version())
		},
	}
}

// version says what was built, as the Go tool noted it in the binary.
func version() string {
	number, commit, modified := "(unknown)", "", ""
	if build, ok := debug.ReadBuildInfo(); ok {
		number = build.Main.Version
		for _, setting := range build.Settings {
			switch {
			case setting.Key == "vcs.revision":
				commit = ", commit " + setting.Value
			case setting.Key == "vcs.modified" && setting.Value == "true":
				modified = ", modified"
			}
		}
	}
	return fmt.Sprintf("%s (%s %s/%s%s%s)", number, runtime.Version(), runtime.GOOS, runtime.GOARCH, commit, modified)
}
