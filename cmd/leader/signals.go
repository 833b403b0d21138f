//go:build unix

package main

import (
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// signalNamed takes "term", "TERM" and "SIGTERM" alike.
func signalNamed(name string) (syscall.Signal, error) {
	sig := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG"))
	switch sig {
	case 0:
		return 0, errors.New("there is no such signal: use term, kill, or the name of another, such as USR1")
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGCONT:
		return 0, errors.New("this signal ends nothing: use term, kill, or the name of another, such as USR1")
	}
	return sig, nil
}

// subscribe returns the signals that leader acts on, and what ends that. Those
// that are ignored already stay so, for the command too: that is what nohup, and
// a shell's "&", are for.
func subscribe() (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 16)
	for _, sig := range []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
	} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	return signals, func() {
		signal.Stop(signals)
		close(signals)
	}
}

// handle acts on one signal. What doesn't mean the end is the command's affair;
// a follower has no command, and what it is not meant for must not end it: a
// SIGHUP or SIGUSR1 that is sent to all instances says "reload".
func (r *runner) handle(sig syscall.Signal) {
	switch {
	case sig == syscall.SIGTERM, sig == syscall.SIGINT,
		sig == syscall.SIGHUP && r.atTerminal: // the terminal is gone
		r.endCandidacy(sig)
		return
	}
	switch command := r.running(); {
	case command != nil:
		_ = command.Signal(sig)
	case sig == syscall.SIGQUIT:
		r.endCandidacy(sig)
	}
}

// endCandidacy begins the voluntary end. Asked for a second time, it doesn't wait
// for the command any longer.
func (r *runner) endCandidacy(sig syscall.Signal) {
	if r.endSignal.CompareAndSwap(0, int32(sig)) {
		r.endAsked = time.Now()
		r.stop()
		return
	}
	if syscall.Signal(r.endSignal.Load()) == sig && time.Since(r.endAsked) < echo {
		return
	}
	if command := r.running(); command != nil {
		r.log.Warn("signalled again: killing the command", "signal", sig)
		_ = command.Signal(syscall.SIGKILL)
	}
}
