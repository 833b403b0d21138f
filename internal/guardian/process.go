//go:build unix

package guardian

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// burialPatience bounds the wait for what was killed to be gone. Only the kernel can
// hold a killed process back for longer (a hung disk), or a parent that has left the
// group and doesn't reap it: then it is a corpse, and harmless.
const burialPatience = 2 * time.Second

const (
	statusUnknown   = 125 // of a process that could not be waited for; leader run's own failures have it too
	statusSignalled = 128 // plus n, of what signal n has killed
)

// process is one run of the command: a process, the process group that it leads, and
// all that they start.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process itself has ended
	ended  chan struct{} // closed once it was reaped and nothing of it is left

	mu     sync.Mutex
	reaped bool // from now on the group's number may be somebody else's
}

// startProcess starts cmd as the leader of a new process group.
func startProcess(cmd *exec.Cmd) (*process, error) {
	dieWithParent(cmd.SysProcAttr)
	p := &process{cmd: cmd, exited: make(chan struct{}), ended: make(chan struct{})}
	begun := make(chan error)
	go func() {
		// Dying with its parent (see dieWithParent) means, for the kernel, with the
		// thread that forked. Go ends threads as it likes; this one stays until the
		// process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()

		err := cmd.Start()
		begun <- err
		if err == nil {
			p.bury()
		}
	}()
	return p, <-begun
}

// bury waits for the process to end, and then for the end of what it left behind:
// nothing of a term may outlive it (F31).
func (p *process) bury() {
	defer close(p.ended)

	// Kill the rest of the group while the process is a zombie: once it is reaped,
	// the number of an empty group is free for processes that aren't ours.
	awaitExit(p.cmd)
	close(p.exited)
	p.signal(syscall.SIGKILL)
	p.reap()

	await(p.pid(), nil)
}

// await kills what is left below this process until there is nothing, or until it has
// waited for long enough.
func await(group int, spared map[int]bool) {
	pause := 100 * time.Microsecond
	for begun := time.Now(); !nothingIsLeft(group, spared) && time.Since(begun) < burialPatience; {
		killDescendants(spared)
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

// kill kills the process, and all below it.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	killDescendants(nil)
}

// hasExited reports whether the process has ended, by itself or not.
func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return hasExited(p.cmd) // bury may not have noticed yet
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// signal sends sig to the whole group, unless the process has ended; and to the process,
// if that has left its group.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return
	}
	_ = syscall.Kill(-p.pid(), sig) // fails where all have left or ended, or are another user's
	if group, err := syscall.Getpgid(p.pid()); err == nil && group != p.pid() {
		_ = syscall.Kill(p.pid(), sig)
	}
}

// status is the exit status as a shell would give it. Only after ended.
func (p *process) status() int {
	state := p.cmd.ProcessState
	if state == nil {
		return statusUnknown
	}
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return statusSignalled + int(wait.Signal())
	}
	return state.ExitCode()
}
