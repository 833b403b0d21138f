package leaderhttp

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// A listener that doesn't read is hung up on, and its place is free again.
func TestListenerThatHangs(t *testing.T) {
	h := New()
	h.patience = time.Second
	election, err := leaderelection.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Serve(election)
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET /events HTTP/1.1\r\nHost: here\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	listeners := func() int {
		h.events.mu.Lock()
		defer h.events.mu.Unlock()
		return len(h.events.listeners)
	}
	joined := false
	loud := errors.New(strings.Repeat("a long story ", 10_000))
	for range 10_000 { // a megabyte fills what the systems in between keep
		if n := listeners(); n == 1 {
			joined = true
		} else if joined {
			return
		}
		h.Observe(leaderelection.Event{Kind: leaderelection.Warned, Err: loud})
		time.Sleep(time.Millisecond)
	}
	t.Errorf("it listens on (%t), after ten seconds in which it read nothing", joined)
}
