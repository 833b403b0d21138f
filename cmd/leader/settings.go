package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Whatever the command line leaves open, the environment may say, and then a file: the
// same flags by the same names. Only a command that finds a Redis takes settings; it has
// the flag --config.

const (
	configFlag = "config"

	// settingsHint ends the help of every command that takes settings.
	settingsHint = `
Flags can also be given as variables, such as LEADER_TTL=10s for --ttl, or in a file: see "leader help config".
`

	// origin is the annotation of a flag that was not given on the command line: what it
	// was given by.
	origin = "leader_origin"

	// exclusive is cobra's annotation of flags of which only one may be given.
	exclusive = "cobra_annotation_mutually_exclusive"
)

// takeSettings adds the flag --config.
func takeSettings(cmd *cobra.Command) {
	cmd.Flags().String(configFlag, "", "`FILE` with settings (default: $XDG_CONFIG_HOME/leader/config.yaml, else /etc/leader/config.yaml)")
	_ = cmd.MarkFlagFilename(configFlag, "yaml", "yml")
	cmd.SetUsageTemplate(cmd.UsageTemplate() + settingsHint)
}

// settle gives the flags of a command that were not given yet the values that the
// environment and the file have for them. What should be known of the file goes to warnings.
func settle(cmd *cobra.Command, warnings io.Writer) error {
	file := cmd.Flags().Lookup(configFlag)
	if file == nil {
		return nil
	}
	if err := fill(cmd, fromEnvironment); err != nil {
		return err
	}
	found, err := findConfigFile(file)
	if err != nil {
		return err
	}
	if err := found.check(cmd.Root()); err != nil {
		return err
	}
	found.warn(warnings)
	if err := fill(cmd, found.setting); err != nil {
		return err
	}
	return checkGiven(cmd.Flags())
}

// checkGiven refuses what a script makes of a variable that is not set, or of a time that is
// over: an election without a name, or a pause without an end.
func checkGiven(flags *pflag.FlagSet) error {
	if key := flags.Lookup("key"); key != nil && key.Value.String() == "" {
		return errors.New("--key is empty: name the election, or leave the flag out")
	}
	for _, name := range []string{"for", "wait"} {
		if flag := flags.Lookup(name); flag != nil && flag.Changed && flag.Value.String() == "0s" {
			return fmt.Errorf("--%s 0s: use a time greater than zero, or leave the flag out", name)
		}
	}
	return nil
}

// source is where values come from: it returns what the value of a flag is called there,
// "" if there is none.
type source func(flag *pflag.Flag) (name, value string, err error)

// fill sets the flags that were not given yet. A flag that excludes one given before,
// where more weight is, is left out: --quiet counts, also if the file says verbose.
func fill(cmd *cobra.Command, from source) (err error) {
	before := map[string]bool{}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { before[flag.Name] = flag.Changed })
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if err != nil || flag.Changed || originOf(flag) != "" || slices.ContainsFunc(rivals(flag), func(name string) bool { return before[name] }) {
			return
		}
		var name, value string
		if name, value, err = from(flag); err != nil || name == "" {
			return
		}
		if e := flag.Value.Set(value); e != nil {
			err = fmt.Errorf("%s: invalid value %q: %w", name, value, e)
			return
		}
		_ = cmd.Flags().SetAnnotation(flag.Name, origin, []string{name})
		flag.Changed = flag.Value.Type() != "bool" || flag.Value.String() == "true" // false excludes nothing
		for _, rival := range rivals(flag) {
			if other := cmd.Flags().Lookup(rival); flag.Changed && other.Changed {
				err = fmt.Errorf("%s and %s: give one of them", originOf(other), name)
			}
		}
	})
	return err
}

// rivals are the flags that can't be given together with this one.
func rivals(flag *pflag.Flag) []string {
	names := strings.Fields(strings.Join(flag.Annotations[exclusive], " "))
	return slices.DeleteFunc(names, func(name string) bool { return name == flag.Name })
}

// fromEnvironment: an empty variable is one that is not set.
func fromEnvironment(flag *pflag.Flag) (name, value string, err error) {
	if flag.Name == "help" || isInherited(flag) {
		return "", "", nil
	}
	names := []string{"LEADER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
	if flag.Name == "redis" {
		names = append(names, redisURLVariable)
	}
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return name, value, nil
		}
	}
	return "", "", nil
}

// originOf is what has given a flag, if it was not the command line.
func originOf(flag *pflag.Flag) string {
	if names := flag.Annotations[origin]; len(names) > 0 {
		return names[0]
	}
	return ""
}

var flagName = regexp.MustCompile(`--([a-z][a-z-]*)`)

// tellOrigins adds to an error which of the flags in it somebody has not written there.
func tellOrigins(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	text := inWords(err.Error())
	told := map[string]bool{}
	for _, match := range flagName.FindAllStringSubmatch(text, -1) {
		flag := cmd.Flags().Lookup(match[1])
		if flag == nil || told[flag.Name] || originOf(flag) == "" || strings.HasPrefix(text, originOf(flag)+":") {
			continue
		}
		told[flag.Name] = true
		err = fmt.Errorf("%w\n  --%s is from %s", err, flag.Name, originOf(flag))
	}
	return err
}
