// Command bench measures leader elections side by side, in one run on one machine,
// and writes what it found to performance.md, with plots in performance/. Each peer is
// used as its own documentation says; its adapter is a file of that name.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func main() {
	if ok, err := playRole(os.Args[1:]); ok {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	sweepOnSignal()
	testing.Init() // testing.Benchmark reads its flags
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what the flags ask for.
type plan struct {
	rounds   int
	peers    []peer
	measures []measure
	out      string
	again    bool
}

func parse(args []string) (plan, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 50, "rounds of each measurement of an event; a fifth of them with the longer leases")
	names := flags.String("peers", peerNames(), "which `peers`, separated by commas")
	only := flags.String("only", measureNames(), "which `measurements`, separated by commas")
	out := flags.String("out", filepath.Join("..", "docs"), "the `directory` for performance.md and performance/")
	again := flags.Bool("again", false, "measure nothing; write the report anew from the results that are there")
	if err := flags.Parse(args); err != nil {
		return plan{}, err
	}
	p := plan{rounds: *rounds, out: *out, again: *again}
	if p.rounds < 1 || flags.NArg() > 0 {
		return plan{}, errors.New("-rounds must be at least 1, and there are no arguments")
	}
	for name := range strings.SplitSeq(*names, ",") {
		found, ok := peerNamed(name)
		if !ok {
			return plan{}, fmt.Errorf("no peer %q: there are %s", name, peerNames())
		}
		p.peers = append(p.peers, found)
	}
	for name := range strings.SplitSeq(*only, ",") {
		i := slices.IndexFunc(measures, func(m measure) bool { return m.name == name })
		if i < 0 {
			return plan{}, fmt.Errorf("no measurement %q: there are %s", name, measureNames())
		}
		p.measures = append(p.measures, measures[i])
	}
	return p, nil
}

func run(args []string) error {
	p, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.again {
		return rewrite(p.out)
	}
	found := &results{Begun: time.Now(), Rounds: p.rounds}
	found.Machine, found.Versions = describe()
	for _, measure := range p.measures {
		found.measureAll(measure, p.peers, p.rounds)
		if err := found.write(p.out); err != nil { // each time: a long run may be cut short
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%s is written\n", filepath.Join(p.out, reportFile))
	return nil
}
