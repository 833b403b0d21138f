// Package redistest gives tests real redis-server processes to mistreat: to
// kill, pause, empty, set back to an old snapshot, and to reach through a network
// that loses, delays or holds what it is given (Proxy).
//
// Each runs a test against both a real server and the embedded one of
// internal/miniserver, as far as the two can do the same.
//
// Everything here belongs to a test: it fails the test when it can't do what it
// was asked, so it must be called from the test's goroutine, and it has ended and
// left nothing behind when the test has.
package redistest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience bounds every wait for a server. A machine busy with other tests may
// need some of it.
const patience = 10 * time.Second

// Server is a redis-server process of a test's own, on a loopback port that it
// keeps across restarts.
type Server struct {
	t          testing.TB
	port       int
	busPort    int    // of a node of a Cluster
	sentinel   string // the configuration file of one of Sentinels
	directives [][]string
	password   string
	appendOnly bool
	tls        *Certificates // nil without TLS
	dir        string        // holds data, snapshot and redis.log
	process    *process
}

// Option changes what Start starts.
type Option func(*Server)

// WithAOF has the server write every command to disk before it answers, so that
// it forgets nothing when it is killed. Without, it forgets everything.
func WithAOF() Option {
	return func(s *Server) {
		s.appendOnly = true
		WithConfig("appendonly", "yes")(s)
		WithConfig("appendfsync", "always")(s)
	}
}

// WithConfig sets a directive of redis.conf, such as "maxmemory", "1mb", or
// "rename-command", "WAIT", "".
func WithConfig(name string, values ...string) Option {
	return func(s *Server) {
		s.directives = append(s.directives, append([]string{name}, values...))
		if strings.EqualFold(name, "requirepass") {
			s.password = values[0]
		}
	}
}

// Start starts a server and returns when it answers. The test fails if
// redis-server isn't installed: one that is skipped would never be missed.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir()}
	for _, opt := range opts {
		opt(s)
	}
	s.mustDo("make a data directory", os.MkdirAll(s.data(), 0o700))
	s.launch()
	return s
}

// launch starts the process for the first time, on a port that it finds, and has
// the test end it.
func (s *Server) launch() {
	s.t.Helper()
	// Between its choice and its use, a port may be taken by somebody else.
	var err error
	for range 10 {
		s.port = freePort(s.t)
		if err = s.start(); !errors.Is(err, errExited) {
			break
		}
	}
	s.mustDo("start redis-server", err)
	s.t.Cleanup(s.Kill)
}

// Addr is host:port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is what redis.ParseURL and the command line take.
func (s *Server) URL() string {
	address := url.URL{Scheme: "redis", Host: s.Addr()}
	if s.tls != nil {
		address.Scheme = "rediss"
	}
	if s.password != "" {
		address.User = url.UserPassword("", s.password)
	}
	return address.String()
}

// Options are for clients that tests make themselves.
func (s *Server) Options() *redis.Options {
	return &redis.Options{Addr: s.Addr(), Password: s.password, TLSConfig: s.TLSConfig(), ContextTimeoutEnabled: true}
}

// Client returns a new client of the server, which t closes.
func (s *Server) Client(t testing.TB) *redis.Client {
	t.Helper()
	return newClient(t, s.Options())
}

// Kill ends the server as a crash does, and returns when it is gone. A server
// that has ended already stays so.
func (s *Server) Kill() {
	s.process.kill()
}

// Stop asks the server to shut down, and returns when it has.
func (s *Server) Stop() {
	s.t.Helper()
	if !s.process.terminate(patience) {
		s.t.Fatalf("redis-server did not shut down within %v; its log ends:\n%s", patience, s.log())
	}
}

// Restart kills the server, if it still runs, and starts it with what it had
// persisted: everything after WithAOF, else nothing.
func (s *Server) Restart() {
	s.t.Helper()
	s.restart(func() error { return nil })
}

// RestartKeepingData is Restart of a server that was started WithAOF.
func (s *Server) RestartKeepingData() {
	s.t.Helper()
	if !s.appendOnly {
		s.t.Fatal("redistest: a server without WithAOF keeps no data")
	}
	s.Restart()
}

// RestartEmpty kills the server and starts it without any data.
func (s *Server) RestartEmpty() {
	s.t.Helper()
	s.restart(func() error { return os.RemoveAll(s.data()) })
}

// SaveSnapshot puts a copy of the server's data aside, for RestartFromSnapshot.
func (s *Server) SaveSnapshot() {
	s.t.Helper()
	s.ask(func(ctx context.Context, client *redis.Client) error { return client.Save(ctx).Err() })
	s.mustDo("save a snapshot", errors.Join(os.RemoveAll(s.snapshot()), os.CopyFS(s.snapshot(), os.DirFS(s.data()))))
}

// RestartFromSnapshot kills the server and starts it with the data it had at
// SaveSnapshot.
func (s *Server) RestartFromSnapshot() {
	s.t.Helper()
	s.restart(func() error {
		return errors.Join(os.RemoveAll(s.data()), os.CopyFS(s.data(), os.DirFS(s.snapshot())))
	})
}

func (s *Server) restart(change func() error) {
	s.t.Helper()
	s.Kill()
	s.mustDo("change the data of the dead server", change())
	s.mustDo("make a data directory", os.MkdirAll(s.data(), 0o700))
	// A dead server's port is free, but for a client's port number that happens
	// to be the same; those don't last.
	err := s.start()
	for deadline := time.Now().Add(patience); errors.Is(err, errExited) && time.Now().Before(deadline); err = s.start() {
		time.Sleep(10 * time.Millisecond)
	}
	s.mustDo("restart redis-server", err)
}

func (s *Server) data() string     { return filepath.Join(s.dir, "data") }
func (s *Server) snapshot() string { return filepath.Join(s.dir, "snapshot") }

func (s *Server) mustDo(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("redistest: %s: %v", what, err)
	}
}
