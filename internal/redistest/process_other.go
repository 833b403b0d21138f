//go:build !linux

package redistest

import "syscall"

// endWithThread does nothing here: only Linux has a way. A test binary that is
// killed leaves its servers behind.
func endWithThread() *syscall.SysProcAttr { return nil }
