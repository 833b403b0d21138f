//go:build unix

package redistest

import "syscall"

// Pause stops the server's process in its tracks. Connections stay open, and
// nothing is answered.
func (s *Server) Pause() {
	s.t.Helper()
	s.mustDo("pause redis-server", s.process.os.Signal(syscall.SIGSTOP))
}

// Resume lets a paused server go on, with all that has been sent to it meanwhile.
func (s *Server) Resume() {
	s.t.Helper()
	s.mustDo("resume redis-server", s.process.os.Signal(syscall.SIGCONT))
}
