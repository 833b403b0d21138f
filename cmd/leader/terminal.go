//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"example.com/leaderelection/internal/guardian"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A command in a process group of its own is a background job to its terminal:
// reading would stop it (SIGTTIN), and ctrl-C would not reach it. So leader lends
// it the terminal, as a shell does, and takes it back when the command has ended.
type terminal struct {
	fd    int
	group int         // leader's own
	modes *term.State // a killed command can't put back what it had changed
}

// lendTerminal prepares for a command that is to own the terminal. It returns nil
// where there is none to lend: leader runs in the background itself, or in a
// pipeline, of which the other programs need it too.
func lendTerminal() *terminal {
	stdin, stdout := int(os.Stdin.Fd()), int(os.Stdout.Fd())
	if !term.IsTerminal(stdin) || !term.IsTerminal(stdout) {
		return nil
	}
	t := &terminal{fd: stdin, group: unix.Getpgrp()}
	if foreground, err := unix.IoctlGetInt(stdin, unix.TIOCGPGRP); err != nil || foreground != t.group {
		return nil
	}
	modes, err := term.GetState(stdin)
	if err != nil {
		return nil
	}
	t.modes = modes
	signal.Ignore(guardian.JobControl...) // a leader that is stopped stops renewing
	return t
}

// takeBack makes leader the owner of the terminal again. It reports whether what
// happened at the terminal meanwhile was meant for leader too, though only its
// owner was told: ctrl-C, ctrl-\, or that it was closed.
func (t *terminal) takeBack(status int) (interrupted bool) {
	if t == nil {
		return false
	}
	err := unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, t.group)
	_ = term.Restore(t.fd, t.modes)
	signal.Reset(guardian.JobControl...)
	switch syscall.Signal(status - statusSignalled) {
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP:
		return true
	default:
		return err != nil // there is no terminal any more
	}
}

// atTerminal reports whether somebody sits at a terminal that leader belongs to.
func atTerminal() bool {
	for _, file := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if term.IsTerminal(int(file.Fd())) {
			return true
		}
	}
	return false
}
