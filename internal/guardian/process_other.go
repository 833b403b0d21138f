//go:build unix && !linux

package guardian

import (
	"errors"
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
func killDescendants(map[int]bool) {}

// reapOrphans has none to reap.
func reapOrphans(int) {}

// nothingIsLeft reports whether the group is empty.
func nothingIsLeft(group int, _ map[int]bool) bool {
	return group == 0 || errors.Is(syscall.Kill(-group, 0), syscall.ESRCH)
}

func children() map[int]bool { return nil }
