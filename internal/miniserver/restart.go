package miniserver

import (
	_ "embed"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Snapshot is a server's data at one moment, as the commands that restore it.
// nil is that of an empty server.
//
// Keys keep the moment at which they expire, to the millisecond, so one that
// is restored later may have expired meanwhile. Hash fields' own expiries,
// consumer groups and HyperLogLogs are not kept.
type Snapshot [][]string

//go:embed snapshot.lua
var snapshotScript string

// Snapshot takes a copy of all data, at one moment.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.faults.suspend()()

	reply, err := s.life.console.do("EVAL", snapshotScript, "0")
	if err != nil {
		panic("miniserver: taking a snapshot: " + err.Error())
	}
	commands := reply.([]any)
	snapshot := make(Snapshot, 0, len(commands))
	for _, command := range commands {
		words := command.([]any)
		args := make([]string, 0, len(words))
		for _, arg := range words {
			args = append(args, arg.(string))
		}
		snapshot = append(snapshot, args)
	}
	return snapshot
}

// Restart ends the server and starts it without its memory: data and scripts are
// gone, connections closed, it has another run_id and an uptime of 0. The port
// is the same.
func (s *Server) Restart() { s.RestartFrom(nil) }

// RestartFrom is Restart, and the data of the snapshot is back.
func (s *Server) RestartFrom(snapshot Snapshot) {
	s.restart(func(*miniredis.Miniredis) *life { return s.beginFrom(snapshot) })
}

// RestartKeepingData restarts a server that has persisted every command: only
// its scripts are gone.
func (s *Server) RestartKeepingData() {
	s.restart(func(memory *miniredis.Miniredis) *life {
		next := s.begin(memory)
		s.mustDo(next, "SCRIPT", "FLUSH")
		return next
	})
}

// FailOver puts a replica in the server's place, which had received what the
// snapshot holds, and had been up for as long as the server.
func (s *Server) FailOver(snapshot Snapshot) {
	s.restart(func(*miniredis.Miniredis) *life {
		next := s.beginFrom(snapshot)
		next.began = s.life.began
		next.setPromoted()
		return next
	})
}

func (s *Server) restart(begin func(*miniredis.Miniredis) *life) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.life.end()
	s.life = begin(s.life.memory)
	s.life.forgetCalls()
}

func (s *Server) beginFrom(snapshot Snapshot) *life {
	next := s.begin(newMemory())
	for _, command := range snapshot {
		s.mustDo(next, command...)
	}
	return next
}

func (s *Server) mustDo(l *life, args ...string) {
	defer s.faults.suspend()()
	if _, err := l.console.do(args...); err != nil {
		panic(fmt.Sprintf("miniserver: %q while starting: %v", args, err))
	}
}
