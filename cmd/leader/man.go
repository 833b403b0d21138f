package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newManCommand writes the manual for those who make packages. What cobra has for that
// takes our texts for Markdown and fills their tables, and others leave them out.
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIRECTORY",
		Short:  "Write the manual pages of all commands into a directory, which is made if need be",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeManual(cmd.Root(), args[0])
		},
	}
}

// writeManual writes the page of a command and of all below it that people use.
func writeManual(cmd *cobra.Command, directory string) error {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	name := pageName(cmd)
	if err := os.WriteFile(filepath.Join(directory, name+".1"), []byte(manPage(cmd)), 0o644); err != nil {
		return err
	}
	for _, child := range cmd.Commands() {
		if !hasPage(child) {
			continue
		}
		if err := writeManual(child, directory); err != nil {
			return err // as it would be of the others
		}
	}
	return nil
}

// hasPage: a topic of the help has one, too.
func hasPage(cmd *cobra.Command) bool {
	return cmd.IsAvailableCommand() || cmd.IsAdditionalHelpTopicCommand()
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the page of one command: man(7).
func manPage(cmd *cobra.Command) string {
	var page strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&page, format+"\n", args...) }

	say(`.TH %s 1 "" leader "Manual of leader"`, roff(strings.ToUpper(pageName(cmd))))
	say(".SH NAME\n%s \\- %s", roff(pageName(cmd)), roff(cmd.Short))
	say(".SH SYNOPSIS\n.nf\n.B %s", roff(synopsis(cmd)))
	say(".fi\n.SH DESCRIPTION")
	as := cmd.Long
	if as == "" {
		as = cmd.Short + "."
	}
	say(".nf\n%s\n.fi", roff(as)) // with its own line breaks, for the sake of tables
	flags(say, "OPTIONS", cmd.NonInheritedFlags())
	flags(say, "OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		say(".SH EXAMPLES\n.nf\n%s\n.fi", roff(cmd.Example))
	}
	if slices.ContainsFunc(cmd.Commands(), hasPage) {
		say(".SH COMMANDS")
		for _, child := range cmd.Commands() {
			if hasPage(child) {
				say(".TP\n.BR %s (1)\n%s", roff(pageName(child)), roff(child.Short))
			}
		}
	}
	if cmd.HasParent() {
		say(".SH SEE ALSO\n.BR %s (1)", roff(pageName(cmd.Parent())))
	}
	return page.String()
}

// synopsis is the line of use. That of a command with others below it leaves them open.
func synopsis(cmd *cobra.Command) string {
	if cmd.IsAdditionalHelpTopicCommand() {
		return cmd.Root().Name() + " help " + cmd.Name()
	}
	if !cmd.Runnable() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

func flags(say func(string, ...any), title string, set *pflag.FlagSet) {
	if !set.HasAvailableFlags() {
		return
	}
	say(".SH %s", title)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		name := "--" + flag.Name
		if flag.Shorthand != "" {
			name = "-" + flag.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(flag)
		say(".TP\n\\fB%s\\fR \\fI%s\\fR\n%s", roff(name), roff(value), roff(usage))
		if flag.DefValue != "" && flag.Value.Type() != "bool" && flag.DefValue != "0" && flag.DefValue != "0s" {
			say("(default: %s)", roff(flag.DefValue))
		}
	})
}

// literal has roff show characters that it takes for something else.
var literal = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// roff is text as it stands. At the beginning of a line, a dot would begin a request.
func roff(text string) string {
	lines := strings.Split(literal.Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
