//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// burialPatience bounds the wait for what was left of a group after SIGKILL. Only
// the kernel can hold a killed process back for longer (a hung disk), or a parent
// that has left the group and doesn't reap it: then it is a corpse, and harmless.
const burialPatience = 2 * time.Second

// process is one run of the command: a process, and the process group that it
// leads.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once the process was reaped and nothing of its group is left

	mu     sync.Mutex
	reaped bool // from now on the group's number may be somebody else's
}

// startProcess starts cmd as the leader of a new process group.
func startProcess(cmd *exec.Cmd) (*process, error) {
	adoptOrphans()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Dying with leader (see dieWithParent) means, for the kernel, with the
		// thread that forked. Go ends threads as it likes; this one stays until the
		// process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()

		err := cmd.Start()
		started <- err
		if err == nil {
			p.bury()
		}
	}()
	return p, <-started
}

// bury waits for the process to end, and then for the end of what it left behind:
// nothing of a term may outlive it (F31).
func (p *process) bury() {
	defer close(p.ended)

	// Kill the rest of the group while the process is a zombie: once it is reaped,
	// the number of an empty group is free for processes that aren't ours.
	awaitExit(p.cmd)
	_ = p.signal(syscall.SIGKILL)
	p.reap()

	pause := 100 * time.Microsecond
	for begun := time.Now(); !p.groupIsEmpty() && time.Since(begun) < burialPatience; {
		time.Sleep(pause)
		pause = min(2*pause, 10*time.Millisecond)
	}
}

func (p *process) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Wait() // what it has to say is in p.cmd.ProcessState
	p.reaped = true
}

// groupIsEmpty reports whether every process of the group has ended, the reaped
// one apart.
func (p *process) groupIsEmpty() bool {
	// Orphans are leader's to reap (see adoptOrphans). It has no other children, and
	// takes those that had left the group too, or they would stay zombies.
	for {
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 && !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return errors.Is(syscall.Kill(-p.pid(), 0), syscall.ESRCH)
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// signal sends sig to the whole group, unless the process has ended.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return os.ErrProcessDone
	}
	return syscall.Kill(-p.pid(), sig)
}

// askToEnd sends sig, and wakes whoever in the group is stopped, who would not
// see the signal otherwise.
func (p *process) askToEnd(sig syscall.Signal) error {
	if err := p.signal(sig); err != nil {
		return err
	}
	return p.signal(syscall.SIGCONT)
}

// status is the exit status as a shell would give it. Only after ended.
func (p *process) status() int {
	state := p.cmd.ProcessState
	if state == nil {
		return statusFailed // it could not be waited for
	}
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return statusSignalled + int(wait.Signal())
	}
	return state.ExitCode()
}
