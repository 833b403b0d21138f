package postgrestest

import "syscall"

// endWithThread has the kernel end the server when the thread that started it
// ends: also when a test binary was killed and could clean up nothing.
func endWithThread(attributes *syscall.SysProcAttr) *syscall.SysProcAttr {
	attributes.Pdeathsig = syscall.SIGQUIT
	return attributes
}
