//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/leaderelection"
)

// runner runs the command in every term of its instance.
type runner struct {
	path    string   // of the executable
	command []string // as it was given
	env     []string // of every term
	grace   time.Duration
	restart bool
	lease   *lease
	log     *slog.Logger

	atTerminal bool
	stop       context.CancelFunc // ends the candidacy
	endSignal  atomic.Int32       // the signal that asked for its end, 0 for none
	status     int                // leader's own in the end; belongs to work until Lead has returned

	mu      sync.Mutex // held while a command is started: see running
	current *process   // nil while no command runs
}

// run takes part until the command ends by itself or a signal asks for the end.
// It returns leader's exit status.
func (r *runner) run(election *leaderelection.Election) (int, error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	r.stop = stop

	signals, unsubscribe := subscribe()
	defer unsubscribe()
	go func() {
		for sig := range signals {
			r.handle(sig.(syscall.Signal))
		}
	}()

	if err := election.Lead(ctx, r.work); err != nil {
		return statusFailed, err
	}
	return r.status, nil
}

// work is one term. Nothing that it starts outlives it.
func (r *runner) work(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	cmd := r.newCommand(ctx)
	terminal := lendTerminal(cmd.SysProcAttr)
	command, err := r.start(cmd)
	if err != nil {
		terminal.takeBack(0)
		return cannotExecute(err)
	}

	byItself := true
	select {
	case <-command.ended:
	case <-ctx.Done():
		byItself = r.endCommand(command, context.Cause(ctx))
	}
	r.setCurrent(nil)
	status := command.status()
	interrupted := terminal.takeBack(status)
	r.log.Info("the command has ended", "status", status)

	switch {
	case byItself && (!r.restart || interrupted):
		r.status = status
		r.stop() // and not by an error: the term may have ended meanwhile, and leader would go on
	case r.endSignal.Load() != 0:
		r.status = status
	}
	return nil // resigns, if the term has not ended: somebody else's turn
}

// start starts the command of one term.
func (r *runner) start(cmd *exec.Cmd) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	command, err := startProcess(cmd)
	if err == nil {
		r.current = command
	}
	return command, err
}

// running returns the command that runs, nil if none does. While one is started it
// waits for that: the command may already print and be sent a signal before
// startProcess has returned, and that signal must not be lost.
func (r *runner) running() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

func (r *runner) setCurrent(command *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = command
}

// newCommand makes the command of one term. It gets leader's own standard files,
// not copies through a pipe.
func (r *runner) newCommand(ctx context.Context) *exec.Cmd {
	term, _ := leaderelection.TermFromContext(ctx)
	cmd := &exec.Cmd{
		Path:        r.path,
		Args:        r.command,
		Env:         append(r.env[:len(r.env):len(r.env)], "LEADER_TERM="+strconv.FormatInt(term, 10)),
		Stdin:       os.Stdin,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	dieWithParent(cmd.SysProcAttr)
	return cmd
}

// endCommand ends the command since the term has ended, and returns when it is
// gone: before the lease is released, or has run out. How much time there is
// depends on the cause:
//   - asked to stop: the lease is still being renewed, so --grace;
//   - the lease expired: it has a margin left, of which the command gets half to
//     end by itself and half to die in (F04);
//   - deposed: none. Somebody else may lead already.
//
// It reports whether the command had ended before it was asked to.
func (r *runner) endCommand(command *process, cause error) (byItself bool) {
	sig, limit := syscall.SIGTERM, r.grace
	switch asked := r.endSignal.Load(); {
	case errors.Is(cause, leaderelection.ErrDeposed):
		sig, limit = syscall.SIGKILL, 0
	case errors.Is(cause, leaderelection.ErrLeaseExpired):
		limit = r.lease.reserve
	case asked != 0:
		sig = syscall.Signal(asked)
	}
	r.log.Info("stopping the command", "signal", sig, "cause", cause)
	if errors.Is(command.askToEnd(sig), os.ErrProcessDone) {
		<-command.ended
		return true
	}
	if r.endsWithin(command, limit) {
		return false
	}
	if sig != syscall.SIGKILL {
		r.log.Warn("the command has not ended in time: killing it")
	}
	if err := command.signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.log.Error("cannot kill the command", "error", err)
	}
	<-command.ended
	return false
}

// endsWithin reports whether the command ends by itself in time: within the
// limit, and while the lease lasts.
func (r *runner) endsWithin(command *process, limit time.Duration) bool {
	over := time.After(limit)
	for {
		left := r.lease.timeToKill(time.Now())
		if left <= 0 {
			return false
		}
		select {
		case <-command.ended:
			return true
		case <-over:
			return false
		case <-r.lease.changed:
		case <-time.After(left):
		}
	}
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
