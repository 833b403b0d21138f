package guardian

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel kill the process when the guardian ends in any way,
// kill -9 and the OOM killer included. What the process has started is not covered:
// that falls to who adopts orphans.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// adoptOrphans makes this process the parent of whatever loses its own below it, as a
// container makes its process 1.
func adoptOrphans() {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // without it: burialPatience, and orphans are not found
}

// awaitExit returns when the process has ended, and leaves it unreaped.
func awaitExit(cmd *exec.Cmd) {
	for errors.Is(unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
}

// hasExited is awaitExit without waiting.
func hasExited(cmd *exec.Cmd) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
	return errors.Is(err, unix.ECHILD) || err == nil && info.Signo != 0
}

// killDescendants kills whatever is below this process, in whatever group or session,
// and reaps what it has adopted. It reports whether there is nothing left.
func killDescendants() (none bool) {
	reapOrphans()
	none = true
	all := processes()
	for pid, found := range all {
		if !found.dead && all.isBelow(pid, os.Getpid()) {
			none = false
			killBelow(pid)
		}
	}
	return none
}

// reapOrphans takes those that have ended, which nobody else can. The process has no
// other children when this is called.
func reapOrphans() {
	for {
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 && !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

// killBelow kills a process that was found below this one. Its number may be somebody
// else's by now: so it is held first, as a pidfd, and looked at again.
func killBelow(pid int) {
	found, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	if processes().isBelow(pid, os.Getpid()) {
		_ = found.Signal(syscall.SIGKILL)
	}
	_ = found.Release()
}

// tree is every process there is, by its number.
type tree map[int]branch

type branch struct {
	parent int
	dead   bool // and not yet reaped
}

func (t tree) isBelow(pid, ancestor int) bool {
	for range len(t) { // a loop that ends, whatever was read
		pid = t[pid].parent
		if pid == ancestor {
			return true
		}
		if pid <= 1 {
			return false
		}
	}
	return false
}

// processes reads /proc. Where that is missing, none is found.
func processes() tree {
	all := make(tree)
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// proc_pid_stat(5): from the third field on. The name before may hold anything.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 18 {
			continue
		}
		state, threads := fields[0][0], string(fields[17])
		parent, _ := strconv.Atoi(string(fields[1]))
		// Of a process whose first thread has ended, others may live on.
		all[pid] = branch{parent: parent, dead: state == 'X' || state == 'Z' && (threads == "0" || threads == "1")}
	}
	return all
}
