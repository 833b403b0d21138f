//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/guardian"
)

// runner runs the command in every term of its instance.
type runner struct {
	path    string   // of the executable
	command []string // as it was given
	env     []string // of every term
	grace   time.Duration
	onLose  syscall.Signal
	wait    time.Duration // for the first term; 0: for as long as it takes
	restart bool
	once    bool
	lease   *lease
	met     *hindrance
	systemd *systemd
	log     *slog.Logger

	atTerminal bool
	stop       context.CancelFunc // ends the candidacy
	endSignal  atomic.Int32       // the signal that asked for its end, 0 for none
	endAsked   time.Time          // when it did; belongs to handle
	waiting    sync.Once          // is done when the first term begins, or --wait is over
	gaveUp     bool               // it was that; to be read after waiting.Do
	status     int                // leader's own in the end; belongs to work until Lead has returned

	spare *guardian.Guardian // of the next command; belongs to run before work, and to work

	mu      sync.Mutex         // held while a command is started: see running
	current *guardian.Guardian // nil while no command runs
}

// run takes part until the command ends by itself or a signal asks for the end.
// It returns leader's exit status.
func (r *runner) run(election *leaderelection.Election) (int, error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	r.stop = stop

	var err error
	if r.spare, err = newGuardian(); err != nil {
		return statusFailed, err
	}
	defer func() {
		if r.spare != nil {
			r.spare.Dismiss()
		}
	}()
	signals, unsubscribe := subscribe()
	defer unsubscribe()
	go func() {
		for sig := range signals {
			r.handle(sig.(syscall.Signal))
		}
	}()
	if r.wait > 0 {
		defer time.AfterFunc(r.wait, r.giveUp).Stop()
	}

	defer r.systemd.serve(ctx)()
	if err := election.Lead(ctx, r.work); err != nil {
		return statusFailed, err
	}
	if r.waitIsOver() {
		return statusFailed, &statusError{statusWaited, fmt.Errorf("not elected within --wait %v: %v", r.wait, r.met)}
	}
	return r.status, nil
}

func newGuardian() (*guardian.Guardian, error) { return guardian.New(guardianName) }

// giveUp ends the candidacy of who has not led yet.
func (r *runner) giveUp() {
	r.waiting.Do(func() {
		r.gaveUp = true
		r.stop()
	})
}

// waitIsOver ends the wait, and reports whether --wait had done so before.
func (r *runner) waitIsOver() bool {
	r.waiting.Do(func() {})
	return r.gaveUp
}

// work is one term. Nothing that it starts outlives it.
func (r *runner) work(ctx context.Context) error {
	r.systemd.command.beat(r.lease.ttl + workPatience)
	defer r.systemd.command.rest()
	term, _ := leaderelection.TermFromContext(ctx)
	if r.waitIsOver() || !r.awaitLease(ctx, term) {
		return nil
	}
	terminal := lendTerminal()
	command, err := r.start(term, terminal)
	if err != nil {
		terminal.takeBack(0)
		return r.notStarted(err)
	}
	byItself := r.oversee(ctx, command, term)
	r.setCurrent(nil)
	outcome, err := command.Outcome()
	if err != nil {
		r.log.Error("the command has ended in an unusual way", "error", err)
		outcome.Status = statusSignalled + int(syscall.SIGKILL)
	}
	interrupted := terminal.takeBack(outcome.Status)
	r.log.Info("the command has ended", "status", outcome.Status)

	ends := byItself && (!r.restart || interrupted) || r.once
	if ends {
		r.stop() // and not by an error: the term may have ended meanwhile, and leader would go on
	}
	if ends || r.endSignal.Load() != 0 {
		r.status, r.spare = outcome.Status, command // which run dismisses: the lease needn't wait for that
		return nil
	}
	command.Dismiss() // before there is another: who buries what one has left takes all orphans for that
	r.spare, err = newGuardian()
	return err // nil resigns, if the term has not ended: somebody else's turn
}

// awaitLease waits until the term's lease has been observed, which is a matter of
// microseconds: a command starts with a time when it must be dead.
func (r *runner) awaitLease(ctx context.Context, term int64) bool {
	for {
		if _, ok := r.lease.of(term); ok {
			return ctx.Err() == nil
		}
		select {
		case <-r.lease.changed:
		case <-ctx.Done():
			return false
		}
	}
}

// start starts the command of one term.
func (r *runner) start(term int64, terminal *terminal) (*guardian.Guardian, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	command := r.spare
	r.spare = nil
	if command == nil || command.IsGone() { // it was killed while nobody needed it
		var err error
		if command, err = newGuardian(); err != nil {
			return nil, err
		}
	}
	lease, _ := r.lease.of(term)
	err := command.Run(guardian.Command{
		Path:       []byte(r.path),
		Args:       guardian.Bytes(r.command...),
		Env:        guardian.Bytes(append(r.env[:len(r.env):len(r.env)], "LEADER_TERM="+strconv.FormatInt(term, 10))...),
		OnLose:     r.onLose,
		Grace:      r.grace,
		Foreground: terminal != nil,
	}, lease)
	if err != nil {
		return nil, err
	}
	r.current = command
	return command, nil
}

// notStarted is what becomes of a term whose command could not be started.
func (r *runner) notStarted(err error) error {
	switch {
	case errors.Is(err, guardian.ErrTooLate), errors.Is(err, guardian.ErrDeaf), errors.Is(err, guardian.ErrGone):
		r.log.Error("the command was not started", "error", err)
		r.spare, err = newGuardian()
		return err // nil resigns: somebody else's turn
	default:
		return cannotExecute(err)
	}
}

// running returns the command that runs, nil if none does. While one is started it
// waits for that: the command may already print and be sent a signal before
// it is known to run, and that signal must not be lost.
func (r *runner) running() *guardian.Guardian {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

func (r *runner) setCurrent(command *guardian.Guardian) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = command
}

// oversee returns when the command has ended with everything that it had started. Its
// guardian is told of every renewal, and of the end of the term. It reports whether the
// command ended by itself.
func (r *runner) oversee(ctx context.Context, command *guardian.Guardian, term int64) (byItself bool) {
	over, look := ctx.Done(), time.NewTicker(min(r.lease.reserve/8, time.Second/2))
	defer look.Stop()
	var limit time.Time // by which it must have ended, whatever the lease; zero while the term lasts
	late, killed := 0, false
	for {
		select {
		case <-command.Ended():
			outcome, err := command.Outcome()
			return err == nil && !outcome.Asked
		case <-over:
			over = nil
			limit = time.Now().Add(r.endCommand(command, context.Cause(ctx)) + killedAfter)
		case <-r.lease.changed:
			if lease, ok := r.lease.of(term); ok {
				_ = command.Extend(lease) // a guardian that doesn't listen is noticed below
			}
		case <-look.C:
			r.systemd.command.beat(r.lease.ttl + workPatience)
			// The guardian itself may be frozen. More than half of the reserve is left then.
			lease, known := r.lease.of(term)
			if known && lease.Kill.Plus(r.lease.reserve/8).Left() <= 0 || !limit.IsZero() && time.Until(limit) <= 0 {
				late++
			}
			if late > 1 && !killed { // and not at once: leader may have been frozen itself, and not have heard yet
				r.log.Error("the guardian of the command has not ended it in time: killing both")
				command.Kill()
				killed = true
			}
		}
	}
}

// endCommand has the command end since the term has ended, before the lease is
// released, or has run out. How much time there is depends on the cause:
//   - asked to stop: the lease is still being renewed, so --grace;
//   - the lease expired: it has a margin left, of which the command gets half to
//     end by itself and half to die in (F04);
//   - deposed: none. Somebody else may lead already.
//
// It returns that time.
func (r *runner) endCommand(command *guardian.Guardian, cause error) time.Duration {
	sig, limit := syscall.SIGTERM, r.grace
	switch asked := r.endSignal.Load(); {
	case errors.Is(cause, leaderelection.ErrDeposed):
		sig, limit = syscall.SIGKILL, 0
	case errors.Is(cause, leaderelection.ErrLeaseExpired):
		sig, limit = r.onLose, r.lease.margin-r.lease.reserve
	case asked != 0:
		sig = syscall.Signal(asked)
	}
	r.log.Info("stopping the command", "signal", sig, "cause", cause)
	_ = command.End(sig, limit) // a guardian that doesn't listen is noticed above
	return limit
}

// findCommand looks for the executable as a shell would.
func findCommand(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", cannotExecute(err)
	}
	return path, nil
}

// cannotExecute gives the error the exit status by which shells tell it from one
// of the command's own.
func cannotExecute(err error) error {
	status := statusNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		status = statusNotFound
	}
	return &statusError{status, fmt.Errorf("cannot execute the command: %w", err)}
}
