package contender

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for as short as it is told to. time.Sleep does not: an idle program
// waits in epoll, which counts in milliseconds.
func nap(d time.Duration) {
	if d >= time.Millisecond {
		time.Sleep(d)
		return
	}
	span := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&span, nil) // an interrupted nap is a short one
}

// attributes of a candidate process: no ctrl-C of the terminal reaches it, since
// its parent ends it in its own way; and it dies with its parent even while it is
// frozen and can't read the end of its standard input.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
