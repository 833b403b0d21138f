package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// simulation is who notices what is found by simulating.
const (
	simulation        = "simulation"
	simulationPackage = "./internal/simulation"
)

// hangs is how long a seed may take. The longest takes a second.
const hangs = 30 * time.Second

var errHangs = errors.New("it hangs")

// simulate simulates the seeds from from up to to on all processors, by the test
// binary's own workers. It returns what it found first, and the seed.
func (v *variant) simulate(ctx context.Context, from, to uint64) (f finding, seed uint64, err error) {
	binary, err := v.binary(ctx, simulationPackage)
	if err != nil {
		return finding{}, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first sync.Once
	var workers sync.WaitGroup
	n := uint64(runtime.NumCPU())
	for i := range min(n, to-from) {
		workers.Go(func() {
			w := worker{seed: from + i}
			if said := w.work(ctx, v.simulation(binary), from+i, to-from-i, n); said != "" {
				first.Do(func() {
					f, seed = finding{simulation, fmt.Sprintf("%s, seed %d", said, w.seed)}, w.seed
					cancel()
				})
			}
		})
	}
	workers.Wait()
	return f, seed, nil
}

// simulation returns a command that simulates.
func (v *variant) simulation(binary string) func(context.Context, ...string) *exec.Cmd {
	return func(ctx context.Context, args ...string) *exec.Cmd {
		command := exec.CommandContext(ctx, binary, append([]string{"-test.run=^TestSimulate$"}, args...)...)
		command.Dir = v.directory(simulationPackage)
		command.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=1600")
		command.WaitDelay = time.Second
		return command
	}
}

// worker is one that simulates.
type worker struct {
	seed    uint64 // the one it is at
	failure string // what is wrong with it
	rest    bytes.Buffer
}

// report is the part of what workers report that matters here.
type report struct {
	Seed    *uint64
	Failure string
}

// work simulates every step-th of count seeds, and returns what is wrong with the
// one it ended at, "" if nothing is.
func (w *worker) work(ctx context.Context, simulation func(context.Context, ...string) *exec.Cmd, from, count, step uint64) string {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	command := simulation(ctx, "-test.timeout=0", "-from", number(from), "-seeds", number(count), "-step", number(step))
	command.Stderr = &w.rest
	output, err := command.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	if err := command.Start(); err != nil {
		return err.Error()
	}
	watchdog := time.AfterFunc(hangs, func() { cancel(errHangs) })
	defer watchdog.Stop()
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		watchdog.Reset(hangs)
		w.read(lines.Bytes())
	}
	err = command.Wait()
	switch {
	case w.failure != "":
		return violation(w.failure)
	case errors.Is(context.Cause(ctx), errHangs):
		return fmt.Sprintf("it hangs (%v)", hangs)
	case err == nil || ctx.Err() != nil:
		return ""
	default:
		return crash(w.rest.String())
	}
}

func (w *worker) read(line []byte) {
	var r report
	if json.Unmarshal(line, &r) != nil || r.Seed == nil {
		w.rest.Write(append(line, '\n'))
		return
	}
	w.seed, w.failure = *r.Seed, r.Failure
}

// fails reports whether a seed fails.
func (v *variant) fails(ctx context.Context, seed uint64) (bool, error) {
	binary, err := v.binary(ctx, simulationPackage)
	if err != nil {
		return false, err
	}
	err = v.simulation(binary)(ctx, "-test.timeout="+hangs.String(), "-seed", number(seed)).Run()
	return err != nil && ctx.Err() == nil, nil
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

var violationLine = regexp.MustCompile(`(?m)^\s*\[(.*?) at [0-9.]+s: `)

// violation is which promise was broken first.
func violation(failure string) string {
	if broken := violationLine.FindStringSubmatch(failure); broken != nil {
		return broken[1]
	}
	return lastLine(failure)
}

var crashLine = regexp.MustCompile(`(?m)^(?:panic|fatal error): (.*)$`)

// crash is how a process ended.
func crash(output string) string {
	if line := crashLine.FindStringSubmatch(output); line != nil {
		return "it crashes: " + line[1]
	}
	return lastLine(output)
}

func lastLine(output string) string {
	output = strings.TrimSpace(output)
	return output[strings.LastIndexByte(output, '\n')+1:]
}
