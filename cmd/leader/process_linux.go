package main

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel kill the process when leader ends in any way,
// kill -9 and the OOM killer included: nobody would be left to stop it when the
// lease ends. What the process has started is not covered.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// adoptOrphans makes leader the parent of whatever loses its own below it, as a
// container makes its process 1. The system's process 1 may take seconds to reap
// them, or for ever, and until then they look alive.
func adoptOrphans() {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // without it: burialPatience
}

// awaitExit returns when the process has ended, and leaves it unreaped.
func awaitExit(cmd *exec.Cmd) {
	for errors.Is(unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
}
