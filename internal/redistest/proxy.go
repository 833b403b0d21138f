package redistest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is the network between a client and a server: TCP connections to it go on
// to its target. It starts as a good network, and becomes what its methods make
// of it. They are safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	weather weather
	changed chan struct{} // closed when the weather changes
	links   map[*link]struct{}
}

// weather is what happens to bytes.
type weather struct {
	held    bool          // nothing arrives, nor gets lost
	mute    bool          // answers get lost
	severed bool          // no connections
	delay   time.Duration // in each direction
}

// NewProxy starts a proxy on a free loopback port. The test closes it.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("redistest: start a proxy: %v", err)
	}
	p := &Proxy{
		target:   target,
		listener: listener,
		changed:  make(chan struct{}),
		links:    map[*link]struct{}{},
	}
	p.running.Go(p.accept)
	t.Cleanup(p.Close)
	return p
}

// Addr is host:port of the client's side.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// BlackHole has packets vanish: connections stay open, new ones are accepted,
// and nothing arrives on either side. TCP re-sends what vanished, so after Restore
// everything arrives after all: also requests of clients that have given up.
func (p *Proxy) BlackHole() { p.change(func(w *weather) { *w = weather{held: true, delay: w.delay} }) }

// DropAnswers has requests arrive and be executed, and their answers get lost.
func (p *Proxy) DropAnswers() {
	p.change(func(w *weather) { *w = weather{mute: true, delay: w.delay} })
}

// Delay has everything arrive d later, in each direction; 0 for at once.
func (p *Proxy) Delay(d time.Duration) { p.change(func(w *weather) { w.delay = d }) }

// Cut resets all connections, and each new one at once: its port stays open, or
// it would be somebody else's by the time of Restore.
func (p *Proxy) Cut() {
	p.change(func(w *weather) { *w = weather{severed: true} })
	p.reset(func(*link) bool { return true })
}

// Restore makes it a good network again. What was held is delivered, but a
// connection of which answers were lost is reset: no TCP delivers what comes
// after a gap.
func (p *Proxy) Restore() {
	p.change(func(w *weather) { *w = weather{} })
	p.reset(func(l *link) bool { return l.gap.Load() })
}

// Close ends the proxy, and waits until nothing of it runs any more.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Cut()
	p.running.Wait()
}

func (p *Proxy) change(change func(*weather)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.weather)
	close(p.changed)
	p.changed = make(chan struct{})
}

// now returns the weather, and what is closed when it changes.
func (p *Proxy) now() (weather, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weather, p.changed
}

func (p *Proxy) reset(which func(*link) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if which(l) {
			l.reset()
		}
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.connect(client.(*net.TCPConn)) })
	}
}

// connect is the life of one connection.
func (p *Proxy) connect(client *net.TCPConn) {
	conn, err := net.DialTimeout("tcp", p.target, patience)
	if err != nil {
		abort(client)
		return
	}
	l := &link{proxy: p, client: client, server: conn.(*net.TCPConn), over: make(chan struct{})}
	if p.add(l) {
		l.carry()
		p.remove(l)
	}
	l.reset()
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.weather.severed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}
