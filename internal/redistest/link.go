package redistest

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is one connection through a Proxy.
type link struct {
	proxy          *Proxy
	client, server *net.TCPConn
	gap            atomic.Bool // an answer was lost
	once           sync.Once
	over           chan struct{} // closed by reset
}

// parcel is a piece of a byte stream on its way.
type parcel struct {
	bytes []byte
	sent  time.Time
}

// carry carries bytes both ways until both sides have ended, or the link is
// reset.
func (l *link) carry() {
	var ways sync.WaitGroup
	l.carryOneWay(&ways, l.client, l.server, func(weather) bool { return false })
	l.carryOneWay(&ways, l.server, l.client, l.loses)
	ways.Wait()
}

// loses reports whether an answer gets lost in the weather.
func (l *link) loses(w weather) bool {
	if w.mute {
		l.gap.Store(true)
	}
	if !l.gap.Load() {
		return false
	}
	// Restore may have looked for gaps just before this one was made.
	if now, _ := l.proxy.now(); !now.mute {
		l.reset()
	}
	return true
}

// carryOneWay reads at once and delivers in time, so that a delay makes a long
// line and not a slow one.
func (l *link) carryOneWay(ways *sync.WaitGroup, from, to *net.TCPConn, lost func(weather) bool) {
	parcels := make(chan parcel, 1024)
	ways.Go(func() { l.collect(from, parcels) })
	ways.Go(func() { l.deliver(parcels, to, lost) })
}

func (l *link) collect(from *net.TCPConn, parcels chan<- parcel) {
	defer close(parcels)
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			select {
			case parcels <- parcel{bytes: append([]byte(nil), buffer[:n]...), sent: time.Now()}:
			case <-l.over:
				return
			}
		}
		if err != nil {
			return // the other side learns it after all that was sent before
		}
	}
}

func (l *link) deliver(parcels <-chan parcel, to *net.TCPConn, lost func(weather) bool) {
	for p := range parcels {
		w, ok := l.awaitDelivery(p.sent)
		if !ok {
			return
		}
		if lost(w) {
			continue
		}
		if _, err := to.Write(p.bytes); err != nil {
			l.reset()
			return
		}
	}
	if w, ok := l.awaitDelivery(time.Now()); ok && !lost(w) {
		_ = to.CloseWrite()
	}
}

// awaitDelivery returns when what was sent at a time arrives, in the weather of
// that moment; false if the link was reset.
func (l *link) awaitDelivery(sent time.Time) (weather, bool) {
	for {
		w, changed := l.proxy.now()
		var due <-chan time.Time
		if !w.held {
			wait := time.Until(sent.Add(w.delay))
			if wait <= 0 {
				return w, true
			}
			due = time.After(wait)
		}
		select {
		case <-changed:
		case <-due:
		case <-l.over:
			return w, false
		}
	}
}

// reset ends the link with a RST on both sides.
func (l *link) reset() {
	l.once.Do(func() {
		close(l.over)
		abort(l.client)
		abort(l.server)
	})
}

func abort(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}
