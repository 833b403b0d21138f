package main

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/belief"
)

// record is a client-go lease as its server keeps it: what was written, and how
// often, as resourceVersion is in an API server.
type record struct {
	Version int             `json:"version"`
	Body    json.RawMessage `json:"body"`
}

// records is a server of such records, in the harness's own process and memory.
type records struct {
	server   *http.Server
	address  string
	requests atomic.Int64

	mu      sync.Mutex
	byKey   map[string]record
	written map[string]time.Duration
}

func startRecords(s *scope) *records {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatalf("records: %v", err)
	}
	r := &records{address: listener.Addr().String(), byKey: map[string]record{}, written: map[string]time.Duration{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(listener) }()
	s.Cleanup(func() { _ = r.server.Close() })
	return r
}

// ServeHTTP knows GET, and PUT of a record with the version that it replaces.
func (r *records) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.requests.Add(1)
	key := request.URL.Path
	var wanted record
	if request.Method == http.MethodPut && json.NewDecoder(request.Body).Decode(&wanted) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	found, ok := r.byKey[key]
	conflict := request.Method == http.MethodPut && wanted.Version != found.Version
	if request.Method == http.MethodPut && !conflict {
		found, ok = record{Version: found.Version + 1, Body: wanted.Body}, true
		r.byKey[key], r.written[key] = found, belief.Now()
	}
	r.mu.Unlock()
	switch {
	case conflict:
		w.WriteHeader(http.StatusConflict)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		_ = json.NewEncoder(w).Encode(found) // a client that has gone asks again
	}
}

func (r *records) addr() string { return r.address }

// leaseEnd counts from the arrival of the last write, which was the leader's.
func (r *records) leaseEnd(lease lease) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written["/"+lease.election] + lease.ttl, nil
}

func (r *records) load(window time.Duration) (load, error) {
	return counted(window, func() (int64, error) { return r.requests.Load(), nil })
}
