package miniserver

import (
	"net"
	"sync"
)

// withSendBuffer gives a pipe what a socket has: room for what the other side
// hasn't read yet. Without it a subscriber that doesn't read (a paused process,
// in a simulation) blocks whoever publishes, and with it the whole server, since
// miniredis publishes under its lock.
func withSendBuffer(conn net.Conn) net.Conn {
	c := &sendBuffer{Conn: conn}
	c.changed.L = &c.mu
	go c.send()
	return c
}

type sendBuffer struct {
	net.Conn
	mu      sync.Mutex
	changed sync.Cond
	unsent  []byte
	closed  bool
}

func (c *sendBuffer) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.unsent = append(c.unsent, b...)
	c.changed.Signal()
	return len(b), nil
}

// Close drops what is unsent, as a server that is killed does.
func (c *sendBuffer) Close() error {
	c.mu.Lock()
	c.closed = true
	c.changed.Signal()
	c.mu.Unlock()
	return c.Conn.Close()
}

func (c *sendBuffer) send() {
	for {
		c.mu.Lock()
		for len(c.unsent) == 0 && !c.closed {
			c.changed.Wait()
		}
		chunk, closed := c.unsent, c.closed
		c.unsent = nil
		c.mu.Unlock()
		if closed {
			return
		}
		if _, err := c.Conn.Write(chunk); err != nil {
			_ = c.Close()
			return
		}
	}
}
