//go:build unix && !linux

package guardian

import (
	"os/exec"
	"syscall"
)

// dieWithParent does nothing: only Linux can tie a process to its parent's life.
func dieWithParent(*syscall.SysProcAttr) {}

// adoptOrphans does nothing: process 1 reaps them, in its time.
func adoptOrphans() {}

// awaitExit returns when the process has ended. There is no portable way to leave
// it unreaped, so that its group's number may in theory be given to others at once.
func awaitExit(cmd *exec.Cmd) { _ = cmd.Wait() }

// hasExited does not know earlier than awaitExit.
func hasExited(*exec.Cmd) bool { return false }

// killDescendants finds none: the process group is all there is to go by.
func killDescendants() (none bool) { return true }
