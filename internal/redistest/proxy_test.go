package redistest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// network is a server, a client that reaches it through a proxy, and one that
// reaches it directly.
func network(t *testing.T) (proxy *redistest.Proxy, far, near *redis.Client) {
	t.Helper()
	server := redistest.StartMini(t)
	proxy = redistest.NewProxy(t, server.Addr())
	far = redis.NewClient(&redis.Options{Addr: proxy.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = far.Close() })
	if err := far.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("through the proxy: %v", err)
	}
	return proxy, far, server.Client(t)
}

// increment is a request, for clients that are simpler than go-redis.
var increment = []byte("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n")

func dial(t *testing.T, proxy *redistest.Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// giveUp returns a ctx of a client that waits for long enough to be served by a
// network that works.
func giveUp(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func expectTimeout(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("want a time-out, got %v", err)
	}
}

func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

func TestBlackHoleHoldsAndRestoreDelivers(t *testing.T) {
	proxy, far, near := network(t)
	old := dial(t, proxy)

	// Given a client that gives up in a black hole
	proxy.BlackHole()
	for _, conn := range []net.Conn{old, dial(t, proxy)} {
		if _, err := conn.Write(increment); err != nil {
			t.Errorf("a black hole refuses nothing: %v", err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a black hole answers nothing: %v", err)
		}
		_ = conn.Close()
	}
	if n := near.Exists(t.Context(), "n").Val(); n != 0 {
		t.Error("a request has passed the black hole")
	}

	// Then its requests are executed once it has healed
	proxy.Restore()
	eventually(t, "both requests are executed", func() bool { return near.Get(t.Context(), "n").Val() == "2" })
	if err := far.Ping(t.Context()).Err(); err != nil {
		t.Errorf("after Restore: %v", err)
	}
}

func TestDroppedAnswerIsOfAnExecutedRequest(t *testing.T) {
	proxy, far, near := network(t)
	conn := dial(t, proxy)

	proxy.DropAnswers()
	if _, err := conn.Write(increment); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the request is executed", func() bool { return near.Get(t.Context(), "n").Val() == "1" })
	expectTimeout(t, far.Ping(giveUp(t)).Err())

	proxy.Restore()
	if err := far.Ping(t.Context()).Err(); err != nil {
		t.Errorf("after Restore: %v", err)
	}
}

// A client that still waits when the network heals must not take the next answer
// for the one that was lost.
func TestNoAnswerIsDeliveredAfterALostOne(t *testing.T) {
	proxy, _, near := network(t)
	conn := dial(t, proxy)

	proxy.DropAnswers()
	if _, err := conn.Write(increment); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the request is executed", func() bool { return near.Get(t.Context(), "n").Val() == "1" })
	proxy.Restore()

	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write(increment) // fails if the reset was quicker
	answer := make([]byte, 4)
	_, err := io.ReadFull(conn, answer)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		t.Error("neither an answer nor a reset")
	case err == nil && string(answer) != ":1\r\n": // that one may have been late enough to get through
		t.Errorf("the first answer to arrive is %q", answer)
	}
}

func TestCutRefusesUntilRestored(t *testing.T) {
	proxy, far, _ := network(t)

	proxy.Cut()
	for range 3 {
		err := far.Ping(t.Context()).Err()
		if err == nil {
			t.Error("a cut network answers")
		}
	}
	proxy.Restore()
	eventually(t, "an answer", func() bool { return far.Ping(t.Context()).Err() == nil })
}

func TestDelayIsForEachDirection(t *testing.T) {
	proxy, far, _ := network(t)
	const delay = 20 * time.Millisecond

	proxy.Delay(delay)
	started := time.Now()
	if err := far.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took < 2*delay {
		t.Errorf("a round trip took %v, with %v each way", took, delay)
	}
	proxy.Restore()
	if err := far.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestProxyCloseEndsItAll(t *testing.T) {
	proxy, far, _ := network(t)
	proxy.BlackHole()
	expectTimeout(t, far.Ping(giveUp(t)).Err())
	proxy.Close()
	proxy.Close()
	expectRefusal(t, proxy.Addr())
}
