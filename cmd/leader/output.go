package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// format is how a command shows what it has found.
type format string

const (
	asTable format = "table"
	asJSON  format = "json"
	asYAML  format = "yaml"
)

// Set, String and Type make it a flag.
func (f *format) Set(text string) error {
	switch format(text) {
	case asTable, asJSON, asYAML:
		*f = format(text)
		return nil
	default:
		return fmt.Errorf("use %s, %s or %s", asTable, asJSON, asYAML)
	}
}

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "FORMAT" }

// addTo adds the flag, a table being what is shown without it.
func (f *format) addTo(cmd *cobra.Command) {
	*f = asTable
	cmd.Flags().VarP(f, "output", "o", "`FORMAT`: table, json or yaml. The names of fields stay as they are")
	completeValues(cmd, "output", string(asTable), string(asJSON), string(asYAML))
}

// write shows a value: as a table, or the value itself.
func (f format) write(w io.Writer, value any, table func(*tabwriter.Writer)) error {
	switch f {
	case asJSON:
		indented := json.NewEncoder(w)
		indented.SetIndent("", "  ")
		return indented.Encode(value)
	case asYAML:
		return writeYAML(w, "", value)
	default:
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		table(columns)
		return columns.Flush()
	}
}

// writeYAML writes a document, behind what separates it from others.
func writeYAML(w io.Writer, separator string, value any) error {
	text, err := yaml.Marshal(value)
	if err == nil {
		_, err = w.Write(append([]byte(separator), text...))
	}
	return err
}

// exactly is a time as tables show it: exact, and how long ago.
func exactly(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000Z") + " (" + ago(now.Sub(t)) + ")"
}

func ago(d time.Duration) string {
	if d < 0 {
		return "in " + roughly(-d)
	}
	return roughly(d) + " ago"
}

// roughly is a duration with as many digits as people want.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return strconv.FormatInt(int64(d/day), 10) + " days"
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return fmt.Sprintf("%dms", d/time.Millisecond)
	}
}

// maybe is a time that may not be known, as JSON has it.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// seconds64 is a duration as JSON has it, duration64 the opposite.
func seconds64(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

func duration64(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// shown is text of somebody else's for a terminal, which must not obey it.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// shownLines is text of several lines, where a tab indents. In a name it is shown to be odd.
func shownLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\t", "    "), "\n")
	for i, line := range lines {
		lines[i] = shown(line)
	}
	return strings.Join(lines, "\n")
}

// flat is text of several lines as one.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// inOneLine is an error in one line.
func inOneLine(err error) string { return shown(flat(plain(err.Error()))) }

// oneLine is a value as JSON without line breaks.
func oneLine(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("{%q: %q}", "error", err) // of what we made ourselves: there is no such value
	}
	return string(text)
}
