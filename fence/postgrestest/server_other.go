//go:build unix && !linux

package postgrestest

import "syscall"

// endWithThread is Linux's. Elsewhere a test binary that is killed leaves its
// server behind.
func endWithThread(attributes *syscall.SysProcAttr) *syscall.SysProcAttr { return attributes }
