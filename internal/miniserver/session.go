package miniserver

import (
	"bufio"
	"io"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// Session is a client's connection without a network: the network is the
// caller's, who decides when a request arrives. It belongs to one life of the
// server and ends with it. Not safe for concurrent use.
type Session struct {
	server *Server
	life   *life
	peer   *server.Peer
}

// Connect opens a session. What the server sends is written to out, one Write for
// each answer, and one for each message of a subscription, which comes from a
// goroutine of its own; out must not block.
func (s *Server) Connect(out io.Writer) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Session{server: s, life: s.life, peer: server.NewPeer(bufio.NewWriter(out))}
	s.life.sessions[c] = struct{}{}
	return c
}

// Do executes the commands of one request, in RESP, and writes the answers.
// It reports false if the server has ended that life.
func (c *Session) Do(request []byte) bool {
	commands := bufio.NewReader(strings.NewReader(string(request)))
	for {
		parsed, err := server.ParseReply(commands)
		if err != nil {
			return true
		}
		words, ok := parsed.([]any)
		if !ok || len(words) == 0 {
			return true
		}
		args := make([]string, len(words))
		for i, word := range words {
			args[i], _ = word.(string)
		}
		if c.peer.Closed() {
			return false
		}
		c.life.srv.Dispatch(c.peer, args)
		c.peer.Flush()
	}
}

// Close ends the session, and its subscriptions.
func (c *Session) Close() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if _, open := c.life.sessions[c]; open {
		delete(c.life.sessions, c)
		c.end()
	}
}

// end is Close for who holds Server.mu.
func (c *Session) end() {
	c.peer.Close()
	defer c.server.faults.suspend()()
	// The one way to end the goroutines of a subscription. Nobody reads the answer.
	c.life.srv.Dispatch(c.peer, []string{"UNSUBSCRIBE"})
}
