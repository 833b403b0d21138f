package redistest

import "syscall"

// endWithThread has the kernel kill the process when the thread that started it
// ends: also when a test binary was killed and could clean up nothing.
func endWithThread() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
