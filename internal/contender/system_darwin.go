package contender

import (
	"syscall"
	"time"
)

func nap(d time.Duration) { time.Sleep(d) }

// attributes of a candidate process: no ctrl-C of the terminal reaches it, since
// its parent ends it in its own way.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
