package leaderhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/leaderelection"
)

const (
	mostListeners = 100              // to the events of one Handler
	eventsWaiting = 64               // for a listener that is slow, before it loses some
	readWithin    = 30 * time.Second // or the listener has hung, and its place is another's
	stillHere     = 15 * time.Second // between comments, by which proxies and listeners see that the connection lives
)

func eventOf(event leaderelection.Event) Event {
	e := Event{
		Kind: strings.ReplaceAll(event.Kind.String(), " ", "-"), Time: event.Time.UTC(),
		ID: event.InstanceID, Term: event.Term, Leader: event.Leader, Dropped: event.Dropped,
	}
	if event.Err != nil {
		e.Error = event.Err.Error()
	}
	return e
}

// serveEvents begins with how things stand, as an event of the kind "answer" whose data
// is an Answer. It ends when the listener hangs up, or the server closes.
func (h *Handler) serveEvents(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	events, leave, ok := h.events.join()
	if !ok {
		say(w, http.StatusServiceUnavailable, fmt.Sprintf("there are %d listeners already", mostListeners))
		return
	}
	defer leave()
	answer, ok := h.answer()
	if !ok {
		say(w, http.StatusServiceUnavailable, "the election has not begun")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // of nginx, which would keep events until there are many
	write(w, "answer", answer)
	flush := http.NewResponseController(w)
	tick := time.NewTicker(stillHere)
	defer tick.Stop()
	for {
		_ = flush.SetWriteDeadline(time.Now().Add(h.patience)) // where that can be had
		if flush.Flush() != nil {
			return
		}
		select {
		case event := <-events:
			write(w, event.Kind, event)
		case <-tick.C:
			_, _ = fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

func write(w http.ResponseWriter, name string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		return // of what we made ourselves: there is no such value
	}
	_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, text) // Flush will say if nobody listens any more
}

// broadcast gives every event to every listener. Nobody waits for a slow one: it loses
// what happens while too many events wait for it, and is told how many those were.
type broadcast struct {
	mu        sync.Mutex
	listeners map[chan Event]int // how many it has lost since it was told
}

func (b *broadcast) join() (events <-chan Event, leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.listeners) >= mostListeners {
		return nil, nil, false
	}
	if b.listeners == nil {
		b.listeners = make(map[chan Event]int)
	}
	own := make(chan Event, eventsWaiting)
	b.listeners[own] = 0
	return own, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners, own)
	}, true
}

func (b *broadcast) send(event Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for listener, lost := range b.listeners {
		own := event
		own.Dropped += lost
		select {
		case listener <- own:
			b.listeners[listener] = 0
		default:
			b.listeners[listener] = lost + 1
		}
	}
}
