//go:build unix

package guardian

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// beGuardian makes the test binary a guardian. What is tested here is what leader run
// cannot be brought to do at will; the rest is tested there.
const beGuardian = "be-guardian"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == beGuardian {
		if Main(os.Args[2:]) != nil {
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// soon is after a guardian has started a command, also on a busy machine.
const soon = 3 * time.Second

func in(d time.Duration) Moment { return At(time.Now()).Plus(d) }

func run(t *testing.T, lease Lease, words ...string) (*Guardian, error) {
	t.Helper()
	g, err := New(beGuardian)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Kill(); g.Dismiss() })
	return g, g.Run(Command{Path: []byte("/bin/sh"), Args: Bytes(words...), Env: Bytes(os.Environ()...), OnLose: syscall.SIGTERM, Grace: time.Minute}, lease)
}

func TestCommandIsNotStartedAfterItsLease(t *testing.T) {
	file := filepath.Join(t.TempDir(), "started")
	for name, lease := range map[string]Lease{
		"none":                   {},
		"over":                   {Ask: in(-2 * time.Second), Kill: in(-time.Second)},
		"about to be over":       {Ask: in(-time.Second), Kill: in(time.Hour)},
		"by the wall clock only": {Ask: Moment{Mono: in(time.Hour).Mono, Wall: in(-time.Second).Wall}, Kill: in(time.Hour)},
	} {
		if _, err := run(t, lease, "sh", "-c", ": > "+file); !errors.Is(err, ErrTooLate) {
			t.Errorf("%s: %v, want ErrTooLate", name, err)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a command was started: %v", err)
	}
}

func outcomeOf(t *testing.T, g *Guardian) Outcome {
	t.Helper()
	select {
	case <-g.Ended():
	case <-time.After(20 * time.Second):
		t.Fatal("the command has not ended")
	}
	outcome, err := g.Outcome()
	if err != nil {
		t.Error(err)
	}
	g.Dismiss() // a process may have one guardian at a time
	return outcome
}

func TestCommandIsAskedAndThenKilledByTheClock(t *testing.T) {
	g, err := run(t, Lease{Ask: in(soon), Kill: in(time.Hour)}, "sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.01; done")
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(t, g); got != (Outcome{Status: 7, Asked: true}) {
		t.Errorf("%+v: it was not asked", got)
	}
	g, err = run(t, Lease{Ask: in(soon), Kill: in(soon + 50*time.Millisecond)}, "sh", "-c", "trap '' TERM; while :; do sleep 0.01; done")
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(t, g); got != (Outcome{Status: 128 + 9, Asked: true}) {
		t.Errorf("%+v: it was not killed", got)
	}
}

func TestALaterLeaseIsObeyed(t *testing.T) {
	g, err := run(t, Lease{Ask: in(soon), Kill: in(soon)}, "sh", "-c", "sleep 3.5; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Extend(Lease{Ask: in(time.Hour), Kill: in(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(t, g); got != (Outcome{Status: 3}) {
		t.Errorf("%+v", got)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	g, err := New(beGuardian)
	if err != nil {
		t.Fatal(err)
	}
	lease := Lease{Ask: in(time.Hour), Kill: in(time.Hour)}
	if err := g.Run(Command{Path: []byte("/nowhere/at/all"), Args: Bytes("x")}, lease); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
}

// Half an order must not be followed by another, which would be read as its other half.
func TestAGuardianThatDoesNotListenIsToldNothingMore(t *testing.T) {
	lease := Lease{Ask: in(time.Hour), Kill: in(time.Hour)}
	g, err := run(t, lease, "sh", "-c", "sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for range 1 << 20 / 64 { // more than a pipe takes
		if err = g.Extend(lease); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%v, want a pipe that is full", err)
	}
	if err := g.Extend(lease); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the next order: %v", err)
	}
}
