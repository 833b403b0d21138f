package simulation

import (
	"bytes"
	"net"
	"os"
	"sync"
	"time"

	"example.com/leaderelection/internal/miniserver"
)

// conn is a connection of a candidate's process to the server. It implements
// net.Conn for go-redis, which writes a request, or a pipeline, in one Write.
type conn struct {
	link    *link
	machine *simulatedMachine
	process string
	session *miniserver.Session

	executing string // the kind of request that the server is at; guarded by host.mu

	// Of the link, guarded by its mu: what has been lost, and when what is on its
	// way arrives.
	shaken                      bool // the handshake has been answered
	requestsLost, answersLost   bool
	requestsUntil, answersUntil time.Time

	mu       sync.Mutex
	changed  *sync.Cond
	leaving  [][]byte // written, in order
	arriving [][]byte // come, in order; the process may be paused
	unread   bytes.Buffer
	broken   error
	closed   bool        // by the client
	expired  bool        // the read deadline has passed
	deadline func() bool // stops the timer of the read deadline
	setting  int         // how often that was set
}

func newConn(l *link, m *simulatedMachine) *conn {
	c := &conn{link: l, machine: m, process: m.process}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// Write sends b when the process is awake.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.broken != nil {
		defer c.mu.Unlock()
		return 0, c.broken
	}
	c.leaving = append(c.leaving, bytes.Clone(b))
	c.mu.Unlock()
	c.machine.whenAwake(c.leave)
	return len(b), nil
}

// leave sends what was written first: what the machine held may be let go in any
// order, but a connection keeps its own.
func (c *conn) leave() {
	c.mu.Lock()
	first := c.leaving[0]
	c.leaving = c.leaving[1:]
	broken := c.broken
	c.mu.Unlock()
	if broken == nil && !c.machine.isDead() {
		c.link.send(c, first)
	}
}

// arrive takes in what the server has sent, when the process is awake.
func (c *conn) arrive(b []byte) {
	c.mu.Lock()
	c.arriving = append(c.arriving, b)
	c.mu.Unlock()
	c.machine.whenAwake(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.unread.Write(c.arriving[0])
		c.arriving = c.arriving[1:]
		c.changed.Broadcast()
	})
}

// fail breaks the connection.
func (c *conn) fail(err error) {
	c.machine.whenAwake(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.broken == nil {
			c.broken = err
		}
		c.changed.Broadcast()
	})
}

func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.broken != nil:
			return 0, c.broken
		case c.unread.Len() > 0:
			return c.unread.Read(b)
		case c.expired:
			return 0, os.ErrDeadlineExceeded
		}
		c.changed.Wait()
	}
}

// Close closes the client's end; the server learns of it later.
func (c *conn) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed, c.broken = true, net.ErrClosed
	if c.deadline != nil {
		c.deadline()
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	if first {
		c.machine.whenAwake(func() { c.link.finish(c) })
	}
	return nil
}

// SetReadDeadline bounds Read by the machine's timers.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline != nil {
		c.deadline()
		c.deadline = nil
	}
	c.expired = false
	c.setting++
	setting := c.setting
	if t.IsZero() {
		return nil
	}
	// A little later than asked for: it is often that of a ctx, and which of two
	// that end at one moment is noticed first has no order.
	c.deadline = c.machine.afterTruly(time.Until(t)+time.Microsecond, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.expired = setting == c.setting
		c.changed.Broadcast()
	})
	return nil
}

// SetDeadline bounds Read; Write never blocks.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline does nothing: Write never blocks.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr is only for messages.
func (c *conn) LocalAddr() net.Addr { return address(c.process) }

// RemoteAddr is only for messages.
func (c *conn) RemoteAddr() net.Addr { return address("redis") }

type address string

func (a address) Network() string { return "simulated" }
func (a address) String() string  { return string(a) }

// server is the server's end of a connection: what a session writes to.
type serverEnd struct{ conn *conn }

func (s serverEnd) Write(b []byte) (int, error) {
	s.conn.link.answer(s.conn, b)
	return len(b), nil
}
