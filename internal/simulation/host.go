package simulation

import (
	"io"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/leaderelection/internal/miniserver"
)

// host is where the server runs. It executes one request at a time, as Redis does.
type host struct {
	server *miniserver.Server
	note   func(who, format string, args ...any)

	mu       sync.Mutex
	executed int // requests
	down     bool
	frozen   bool
	waiting  []func() // arrived while it is frozen
	conns    []*conn  // in the order in which they were opened
}

func newHost(fresh bool, note func(who, format string, args ...any)) *host {
	var opts []miniserver.Option
	if !fresh {
		opts = append(opts, miniserver.WithUptime(24*time.Hour))
	}
	return &host{server: miniserver.New(opts...), note: note}
}

// admit opens a session for a new connection, if the server runs.
func (h *host) admit(c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down || h.frozen {
		return false
	}
	c.session = h.server.Connect(serverEnd{c})
	h.conns = append(h.conns, c)
	return true
}

// execute does what a request asks, now or when the server thaws. The server that
// a connection was to may have ended: then so does the connection. A request that
// was late may yet reach the next server: the client was held up between writing
// it and finding a connection.
func (h *host) execute(c *conn, kind string, request []byte, late bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.frozen {
		h.waiting = append(h.waiting, func() { h.executeNow(c, kind, request, late) })
		return
	}
	h.executeNow(c, kind, request, late)
}

func (h *host) executeNow(c *conn, kind string, request []byte, late bool) {
	h.executed++
	c.executing = kind
	if !h.down && c.session.Do(request) {
		h.note("redis", "executes %s of %s", kind, c.process)
		return
	}
	if late {
		h.doApart(c.process, kind, request)
	}
	c.fail(syscall.ECONNRESET)
}

// executeAgain executes a request that was repeated.
func (h *host) executeAgain(process, kind string, request []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.frozen {
		h.waiting = append(h.waiting, func() { h.doApart(process, kind, request) })
		return
	}
	h.doApart(process, kind, request)
}

// doApart executes a request on a connection of its own, whose answer nobody reads.
func (h *host) doApart(process, kind string, request []byte) {
	if h.down || strings.HasPrefix(kind, "subscribe") {
		return
	}
	session := h.server.Connect(io.Discard)
	session.Do(request)
	session.Close()
	h.note("redis", "executes %s of %s once more, or late", kind, process)
}

// stop ends the server: connections break, and none is accepted.
func (h *host) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = true
	h.breakConns()
}

// begin starts the next life of the server by next.
func (h *host) begin(next func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next()
	h.down = false
	h.breakConns()
}

func (h *host) breakConns() {
	for _, c := range h.conns {
		c.fail(syscall.ECONNRESET)
		c.session.Close()
	}
	h.conns = nil
}

// freeze stops the server's process with everything in it.
func (h *host) freeze() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = true
}

// thaw lets it go on with what has arrived meanwhile.
func (h *host) thaw() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = false
	waiting := h.waiting
	h.waiting = nil
	for _, f := range waiting {
		f()
	}
}

// command does what an operator types into redis-cli on the host itself, and
// returns the answer.
func (h *host) command(words ...string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return ""
	}
	var answer strings.Builder
	session := h.server.Connect(&answer)
	session.Do(resp(words...))
	session.Close()
	return answer.String()
}
