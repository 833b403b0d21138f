package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that ought to happen at once.
const patience = 20 * time.Second

// scope stands in for a test: redistest wants one, and this is a program. It has what
// redistest calls, and no more. Fatalf ends the measurement, not the program: see
// within scope.
type scope struct {
	testing.TB
	cleanups []func()
}

// failure is what Fatalf panics with.
type failure struct{ error }

// inScope runs one measurement, and cleans up behind it whatever happens.
func inScope(measure func(*scope) error) (err error) {
	s := new(scope)
	defer func() {
		switch caught := recover().(type) {
		case nil:
		case failure:
			err = caught
		default:
			panic(caught)
		}
	}()
	defer s.close()
	return measure(s)
}

func (s *scope) close() {
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
}

func (s *scope) Helper() {}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

func (s *scope) must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func (s *scope) TempDir() string { return s.dirIn("") }

// MemoryDir is a directory that costs no disk, where there is such a thing.
func (s *scope) MemoryDir() string {
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return s.dirIn(memory)
	}
	return s.dirIn("")
}

const memory = "/dev/shm"

func (s *scope) dirIn(parent string) string {
	dir, err := os.MkdirTemp(parent, scratch())
	s.must(err)
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// scratch is how the directories of this process begin.
func scratch() string { return fmt.Sprintf("leaderelection-bench-%d-", os.Getpid()) }

// sweepOnSignal has a run that is interrupted leave nothing behind: its processes die
// with it (on Linux; elsewhere when they see their standard input end), and its
// directories are removed here.
func sweepOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		for _, parent := range []string{os.TempDir(), memory} {
			dirs, _ := filepath.Glob(filepath.Join(parent, scratch()+"*")) // the pattern is well-formed
			for _, dir := range dirs {
				_ = os.RemoveAll(dir)
			}
		}
		os.Exit(1)
	}()
}

var errVain = errors.New("in vain")

// await waits until the condition holds.
func await(what string, limit time.Duration, condition func() bool) error {
	for begun := time.Now(); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begun) > limit {
			return fmt.Errorf("waited %v for %s, %w", limit, what, errVain)
		}
	}
	return nil
}
