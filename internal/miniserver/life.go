package miniserver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	lua "github.com/yuin/gopher-lua"
)

// life is what a server process is from its start to its end. It has an identity
// that no other life has; its memory may be an earlier one's.
type life struct {
	memory   *miniredis.Miniredis
	srv      *server.Server
	runID    string
	replID   string
	console  console
	scripts  scripts
	sessions map[*Session]struct{} // guarded by Server.mu

	mu       sync.Mutex
	began    time.Time
	promoted bool
	calls    map[string]int // by command, in upper case
}

// begin is a server's start. Nobody can reach the new life yet.
func (s *Server) begin(memory *miniredis.Miniredis) *life {
	memory.Ctx, memory.CtxCancel = context.WithCancel(context.Background())
	l := &life{
		memory:   memory,
		srv:      memory.Server(),
		runID:    randomID(),
		replID:   randomID(),
		console:  newConsole(memory.Server()),
		began:    time.Now(),
		calls:    map[string]int{},
		sessions: map[*Session]struct{}{},
		scripts:  scripts{known: map[string]*lua.FunctionProto{}},
	}
	l.srv.SetPreHook(func(peer *server.Peer, command string, args ...string) bool {
		return s.faults.answer(peer) || l.answer(s, peer, command, args) || l.scripts.answer(l.srv, peer, command, args)
	})
	return l
}

// end closes all connections and waits for the commands in execution.
//
// Not by memory.Close(): it takes the command table away from under scripts that
// are about to run, which then crash the process.
func (l *life) end() {
	for session := range l.sessions {
		session.end()
	}
	l.memory.CtxCancel()
	l.srv.Close()
}

func (l *life) setUptime(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began = time.Now().Add(-d)
}

func (l *life) setPromoted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.promoted = true
}

// console is the server's own client. It needs no connection, and waits for
// nothing but miniredis' lock. Not safe for concurrent use.
type console struct {
	srv   *server.Server
	peer  *server.Peer
	reply *bytes.Buffer
}

func newConsole(srv *server.Server) console {
	reply := &bytes.Buffer{}
	return console{srv: srv, peer: server.NewPeer(bufio.NewWriter(reply)), reply: reply}
}

func (c console) do(args ...string) (any, error) {
	c.srv.Dispatch(c.peer, args)
	c.peer.Flush()
	return server.ParseReply(bufio.NewReader(c.reply))
}

// newMemory returns an empty miniredis, ready for connections.
func newMemory() *miniredis.Miniredis {
	memory := miniredis.NewMiniRedis()
	memory.ClockTTL(true)
	// Its first Dial is what makes a miniredis work without a listener.
	conn, err := memory.Dial()
	if err != nil {
		panic("miniserver: " + err.Error()) // it has no way to fail
	}
	_ = conn.Close()
	return memory
}

// randomID is 40 hex digits, as Redis' run_id.
func randomID() string {
	var id [20]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
