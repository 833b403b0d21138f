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
	refuseUnknownHelp(root)
	refuseUnknownShells(root)
	return root
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		Run: func(cmd *cobra.Command, _ []string) {
			_, _ = fmt.Fprintln(cmd.OutOrStdout(), "leader", version())
		},
	}
}

// noArguments is for commands that take flags only. Who names an election without --key is
// told how.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if key := cmd.Flags().Lookup("key"); key != nil && !key.Changed {
		hint = ": the election of that name is --key " + args[0]
	}
	return fmt.Errorf("%s takes flags only, but was given %q%s", cmd.CommandPath(), args[0], hint)
}

// refuseUnknownHelp has "leader help nope" be an error. Cobra shows the help of leader, with
// success.
func refuseUnknownHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return // there is one: it was just made
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		found, rest, err := root.Find(args)
		if err == nil && len(rest) > 0 {
			err = fmt.Errorf("unknown command %q for %q", rest[0], found.CommandPath())
		}
		return err
	}
	root.RemoveCommand(help) // cobra adds it again, last
}

// refuseUnknownShells has "leader completion tcsh" be an error, for the same reason.
func refuseUnknownShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return // likewise
	}
	completion.Use = "completion SHELL"
	completion.DisableFlagsInUseLine = true
	completion.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return fmt.Errorf("there is no completion for %q: see leader completion --help", args[0])
	}
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() } // cobra looks at Args only of what runs
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
