// Package leaderhttp tells over HTTP whether an instance leads: to a sidecar's
// application, to Kubernetes' probes, to load balancers and to people.
//
//	handler := leaderhttp.New()
//	election, err := leaderelection.New(store, config, leaderelection.WithObserver(handler))
//	...
//	handler.Serve(election)
//	go http.ListenAndServe("127.0.0.1:4040", handler)
//
// What it answers, it knows by itself; no question asks the store.
package leaderhttp

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"example.com/leaderelection"
)

// Handler is an http.Handler and a leaderelection.Observer. New makes it. It serves
//
//	/leader  200 if this instance leads at this moment, 503 if not, both with JSON; see Answer
//	/livez   200: the process lives
//	/readyz  200 once it takes part and the store has answered, whoever leads: followers are
//	         ready too, or a rollout would wait for all of them to lead
//	/events  what happens, as server-sent events; see Event
//
// An answer is true when it is given. Whoever acts on it acts a little later: what must
// never be done by two at once needs the term as a fencing token, too.
type Handler struct {
	mux      *http.ServeMux
	events   broadcast
	patience time.Duration // with a listener that doesn't read

	mu       sync.Mutex
	election *leaderelection.Election
	leader   Leader // as last heard of, another one
	ready    bool
}

// Answer is what /leader says.
type Answer struct {
	Leading bool    `json:"leading"`
	ID      string  `json:"id"`               // of this instance
	Term    int64   `json:"term,omitempty"`   // while it leads: the fencing token
	Leader  *Leader `json:"leader,omitempty"` // while another one does, as last heard of: for people
}

// Leader is an instance that leads.
type Leader struct {
	ID   string `json:"id"`
	Term int64  `json:"term"`
}

// New makes a Handler. Until Serve it answers 503.
func New() *Handler {
	h := &Handler{mux: http.NewServeMux(), patience: readWithin}
	h.mux.HandleFunc("GET /leader", h.serveLeader)
	h.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	h.mux.HandleFunc("GET /readyz", h.serveReady)
	h.mux.HandleFunc("GET /events", h.serveEvents)
	return h
}

// Serve says whose answers they are: the election that has the Handler for an observer.
// It returns at once.
func (h *Handler) Serve(election *leaderelection.Election) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.election = election
}

// ServeHTTP is http.Handler's.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // an old answer is a wrong one
	h.mux.ServeHTTP(w, r)
}

// Observe is leaderelection.Observer's.
func (h *Handler) Observe(event leaderelection.Event) {
	h.mu.Lock()
	switch event.Kind {
	case leaderelection.Following:
		h.ready, h.leader = true, Leader{ID: event.Leader, Term: event.Term}
	case leaderelection.Elected:
		h.ready, h.leader = true, Leader{}
	}
	h.mu.Unlock()
	h.events.send(eventOf(event))
}

func (h *Handler) serveLeader(w http.ResponseWriter, _ *http.Request) {
	answer, ok := h.answer()
	status := http.StatusServiceUnavailable
	if answer.Leading {
		status = http.StatusOK
	}
	if !ok {
		say(w, status, "the election has not begun")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who has hung up doesn't want it
}

// answer is what this instance knows; ok is false before Serve.
func (h *Handler) answer() (answer Answer, ok bool) {
	h.mu.Lock()
	election, leader := h.election, h.leader
	h.mu.Unlock()
	if election == nil {
		return Answer{}, false
	}
	answer = Answer{ID: election.GetInstanceID()}
	answer.Term = election.Term() // which is the answer, too: two questions might have two
	if answer.Leading = answer.Term != 0; answer.Leading {
		return answer, true
	}
	if leader.ID != "" {
		answer.Leader = &leader
	}
	return answer, true
}

func (h *Handler) serveReady(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	ready := h.ready
	h.mu.Unlock()
	if !ready {
		say(w, http.StatusServiceUnavailable, "the store has not answered yet")
		return
	}
	say(w, http.StatusOK, "takes part")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// Event is what /events tells, as JSON in the data of an event whose name is Kind.
type Event struct {
	Kind    string    `json:"kind"` // as leaderelection.EventKind has it, with dashes: "term-ended"
	Time    time.Time `json:"time"`
	ID      string    `json:"id"` // of this instance
	Term    int64     `json:"term,omitempty"`
	Leader  string    `json:"leader,omitempty"` // following: who leads
	Error   string    `json:"error,omitempty"`
	Dropped int       `json:"dropped,omitempty"` // events that are missing before this one
}
