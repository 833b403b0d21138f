package simulation

import (
	"bytes"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// effect is something that is wrong with a link for a while.
type effect int

const (
	delaysRequests effect = iota
	delaysAnswers
	losesRequests // and with one all later ones of its connection: TCP loses nothing in between
	losesAnswers
	blackHole // both, and connecting fails
	refuses   // connections
	repeats   // requests, on another connection, as a client does that re-sends
	effects
)

// link is one candidate's way to the server and back. It outlasts the candidate's
// processes.
type link struct {
	host   *host
	seed   uint64
	normal time.Duration // the longest that a message takes on a good day

	mu      sync.Mutex
	conns   []*conn           // that are open at the client's end
	drawn   map[string]uint64 // how often, by what for
	until   [effects]time.Time
	by      [effects]time.Duration
	trouble func(until time.Time) // told how long something is wrong
}

func newLink(h *host, seed uint64, normal time.Duration, trouble func(time.Time)) *link {
	return &link{host: h, seed: seed, normal: normal, trouble: trouble, drawn: map[string]uint64{}}
}

// suffer begins an effect.
func (l *link) suffer(e effect, length, by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(length); until.After(l.until[e]) {
		l.until[e] = until
	}
	l.by[e] = by
}

// suffers reports whether an effect lasts. mu is held.
func (l *link) suffers(e effect) bool { return time.Now().Before(l.until[e]) }

// draw returns a duration up to most that depends on the seed, on what it is for,
// and on how often that was drawn; not on what other goroutines drew meanwhile.
// mu is held.
func (l *link) draw(what string, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	l.drawn[what]++
	return time.Duration(rand.New(rand.NewPCG(l.seed^hash(what), l.drawn[what])).Int64N(int64(most)))
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// dial connects a process to the server, or fails, at once, and the handshake that
// follows takes no time either: go-redis does both while it holds the mutex of a
// subscription, and in a synctest bubble time stands still while anybody waits for
// a mutex. In a black hole connecting fails, therefore, where it would hang.
func (l *link) dial(m *simulatedMachine) (net.Conn, error) {
	l.mu.Lock()
	hole, refused := l.suffers(blackHole), l.suffers(refuses)
	l.mu.Unlock()
	switch {
	case m.isDead():
		return nil, net.ErrClosed
	case hole, m.isPaused():
		return nil, syscall.ETIMEDOUT
	case refused:
		return nil, syscall.ECONNREFUSED
	}
	return l.connect(m)
}

func (l *link) connect(m *simulatedMachine) (net.Conn, error) {
	c := newConn(l, m)
	if !l.host.admit(c) {
		return nil, syscall.ECONNREFUSED
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return c, nil
}

// send puts a request on its way.
func (l *link) send(c *conn, request []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kind := kindOf(request)
	if kind == handshake {
		go l.host.execute(c, kind, request, false)
		return
	}
	l.host.note(c.process, "sends %s", kind)
	if c.requestsLost || l.suffers(losesRequests) || l.suffers(blackHole) {
		c.requestsLost = true
		l.host.note(c.process, "its %s is lost", kind)
		return
	}
	now := time.Now()
	delay := l.draw(kind, l.normal) + 1
	late := false
	if l.suffers(delaysRequests) {
		late = true
		delay += l.draw("late "+kind, l.by[delaysRequests])
		l.trouble(now.Add(delay))
	}
	if !now.Add(delay).After(c.requestsUntil) {
		delay = c.requestsUntil.Sub(now) + 1
	}
	c.requestsUntil = now.Add(delay)
	time.AfterFunc(delay, func() { l.host.execute(c, kind, request, late) })
	if l.suffers(repeats) {
		again := delay + l.draw("again "+kind, l.by[repeats])
		l.trouble(now.Add(again))
		time.AfterFunc(again, func() { l.host.executeAgain(c.process, kind, request) })
	}
}

// answer puts what the server sends on its way.
func (l *link) answer(c *conn, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.shaken {
		c.shaken = true // the answer to the handshake
		go c.arrive(bytes.Clone(b))
		return
	}
	if c.answersLost || l.suffers(losesAnswers) || l.suffers(blackHole) {
		c.answersLost = true
		return
	}
	now := time.Now()
	kind := "push"
	if !isPush(b) {
		kind = "answer to " + c.executing
	}
	delay := l.draw(kind, l.normal) + 1
	if l.suffers(delaysAnswers) {
		delay += l.draw("late "+kind, l.by[delaysAnswers])
		l.trouble(now.Add(delay))
	}
	if !now.Add(delay).After(c.answersUntil) {
		delay = c.answersUntil.Sub(now) + 1
	}
	c.answersUntil = now.Add(delay)
	answer := bytes.Clone(b)
	time.AfterFunc(delay, func() { c.arrive(answer) })
}

// isPush reports whether the server sends b unasked, from a goroutine of its own: a
// message, in RESP3 or, where HELLO was answered with an error, in RESP2.
func isPush(b []byte) bool {
	return b[0] == '>' || bytes.HasPrefix(b, []byte("*3\r\n$7\r\nmessage"))
}

// finish tells the server that the client has closed its end, after what is on
// its way; unless that is lost, and the connection half open for ever.
func (l *link) finish(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = slices.DeleteFunc(l.conns, func(other *conn) bool { return other == c })
	if c.requestsLost || l.suffers(losesRequests) || l.suffers(blackHole) {
		return
	}
	time.AfterFunc(max(time.Until(c.requestsUntil), 0)+1, c.session.Close)
}

// reset breaks all connections, as a firewall does that has forgotten them.
func (l *link) reset() {
	l.mu.Lock()
	conns := slices.Clone(l.conns)
	l.mu.Unlock()
	for _, c := range conns {
		c.fail(syscall.ECONNRESET)
	}
}
