// Command mutants breaks the library on purpose, in one small way after another,
// and checks that somebody notices: the simulation, or else the tests. A mutant
// that survives is a promise that nothing checks.
//
//	go run ./internal/mutants            all of them
//	go run ./internal/mutants -run late  those whose name matches "late"
//
// The files are left alone: the module is copied, and the go command is given others
// in their place (-overlay). First the library as it is must pass all that the mutants
// are put to, with the same seeds. A mutant is caught when what noticed it notices it a second
// time; one that does not compile is none.
//
// The table goes to standard output, what goes on to standard error. The status is
// 1 if a mutant survives, or can't be made, since the code it changes has changed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	only := flag.String("run", "", "only the mutants whose name matches this regular expression")
	seeds := flag.Uint64("seeds", 3000, "how many seeds each is simulated for, unless it is caught before")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	some, err := chosen(*only)
	if err == nil {
		err = run(ctx, some, *seeds)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// chosen returns the mutants whose name matches.
func chosen(pattern string) ([]mutant, error) {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var some []mutant
	for _, m := range mutants() {
		if expression.MatchString(m.name) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no mutant has a name that matches %q", pattern)
	}
	return some, nil
}

// run prints the table. It returns an error unless every mutant is caught.
func run(ctx context.Context, mutants []mutant, seeds uint64) error {
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()

	began := time.Now()
	root := filepath.Join(scratch, "module")
	if err := copyModule(".", root); err != nil {
		return err
	}
	j, err := newJudge(ctx, root, scratch, mutants, seeds)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s %s/%s, seeds 0 to %d.\n\n", began.Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, seeds-1)
	fmt.Println("| the mutant | in | caught by | what it said | after |")
	fmt.Println("| --- | --- | --- | --- | --- |")
	fmt.Printf("| none: the library as it is | | nobody, as it must be | %s | %s |\n", j.asked(), seconds(began))

	caught, simulated := 0, 0
	for i, m := range mutants {
		began := time.Now()
		progress("%d of %d: %s", i+1, len(mutants), m.name)
		f, err := j.try(ctx, m)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch {
		case err != nil:
			f = finding{by: "**it can't be made**", said: err.Error()}
		case f.by == "":
			f.by = "**nobody**"
		default:
			caught++
			if f.by == simulation {
				simulated++
			}
		}
		progress("    %s: %s (%s)", f.by, f.said, seconds(began))
		fmt.Printf("| %s | %s | %s | %s | %s |\n", m.name, m.files(), f.by, inCell(f.said), seconds(began))
	}
	fmt.Printf("\n%d of %d caught, %d of them by the simulation, in %s.\n", caught, len(mutants), simulated, seconds(began))
	if caught < len(mutants) {
		return fmt.Errorf("%d of %d were not caught", len(mutants)-caught, len(mutants))
	}
	return nil
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func seconds(began time.Time) time.Duration { return time.Since(began).Round(time.Second) }

// inCell makes text fit into a cell of the table.
func inCell(text string) string {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
	if len(text) > 200 {
		text = text[:200] + "..."
	}
	return text
}
