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
// but the spared and what is below them. Who starts processes faster than they are found
// escapes it: it has to be called until nothingIsLeft.
func killDescendants(spared map[int]bool) {
	// Between being seen and being signalled a process may end, and its number be given
	// to somebody else: so all are held first, as pidfds, and then looked at again.
	var held []*os.Process
	all := processes()
	for pid, found := range all {
		if !found.dead && all.isBelow(pid, os.Getpid(), spared) {
			if process, err := os.FindProcess(pid); err == nil {
				held = append(held, process)
			}
		}
	}
	all = processes()
	for _, process := range held {
		if all.isBelow(process.Pid, os.Getpid(), spared) {
			_ = process.Signal(syscall.SIGKILL)
		}
		_ = process.Release()
	}
}

// reapOrphans takes the children that have ended, which nobody else does, but one.
func reapOrphans(but int) {
	for pid, found := range processes() {
		if found.dead && found.parent == os.Getpid() && pid != but {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// nothingIsLeft reaps all children, and reports whether there are none any more: then
// there is nothing below this process, since it adopts what loses its parent there. Where
// some are spared, that is not as sure: the others are looked for.
func nothingIsLeft(_ int, spared map[int]bool) bool {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid > 0 || errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.ECHILD) {
			return true
		}
		break
	}
	if len(spared) == 0 {
		return false
	}
	all := processes()
	for pid := range all {
		if all.isBelow(pid, os.Getpid(), spared) {
			return false
		}
	}
	return true
}

// children are those of this process; as a rule, there are none.
func children() map[int]bool {
	if errors.Is(unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil), unix.ECHILD) {
		return nil
	}
	all := make(map[int]bool)
	for pid, found := range processes() {
		if found.parent == os.Getpid() {
			all[pid] = true
		}
	}
	return all
}

// tree is every process there is, by its number.
type tree map[int]branch

type branch struct {
	parent int
	dead   bool // and not yet reaped
}

func (t tree) isBelow(pid, ancestor int, spared map[int]bool) bool {
	for range len(t) { // a loop that ends, whatever was read
		if spared[pid] {
			return false
		}
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
