package redistest

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/miniserver"
)

// Any is what a real and an embedded server can both do.
type Any interface {
	Addr() string
	URL() string

	// Options are for clients that tests make themselves.
	Options() *redis.Options

	// Client returns a new client of the server, which t closes.
	Client(t testing.TB) *redis.Client

	// AwaitUptime returns once the server says that it has been up for d. The
	// embedded one says so at once.
	AwaitUptime(d time.Duration)

	// RefuseInfo refuses INFO until the server is restarted.
	RefuseInfo()

	// All restarts are crashes: connections are closed, scripts are gone, the
	// server has another run_id and the same address.

	RestartEmpty()        // all data is gone
	RestartKeepingData()  // none is
	SaveSnapshot()        // sets a copy of the data aside
	RestartFromSnapshot() // it is what the server now has
}

var (
	_ Any = (*Server)(nil)
	_ Any = (*Mini)(nil)
)

// Each runs the test as a subtest on a real server (which persists everything)
// and as one on an embedded server, each new.
func Each(t *testing.T, test func(t *testing.T, server Any)) {
	t.Helper()
	t.Run("redis", func(t *testing.T) { test(t, Start(t, WithAOF())) })
	t.Run("miniredis", func(t *testing.T) { test(t, StartMini(t)) })
}

// EachInParallel is Each with subtests that run in parallel, as t does. Their servers are
// started when it is their turn: one that is started before may have been up for long
// when its test begins.
func EachInParallel(t *testing.T, test func(t *testing.T, server Any)) {
	t.Helper()
	t.Parallel()
	t.Run("redis", func(t *testing.T) { t.Parallel(); test(t, Start(t, WithAOF())) })
	t.Run("miniredis", func(t *testing.T) { t.Parallel(); test(t, StartMini(t)) })
}

// Mini is an embedded server as tests see it.
type Mini struct {
	t        testing.TB
	server   *miniserver.Server
	snapshot miniserver.Snapshot
}

// StartMini starts an embedded server. It listens on a socket; a test in a
// synctest bubble needs miniserver itself.
func StartMini(t testing.TB) *Mini {
	t.Helper()
	m := &Mini{t: t, server: miniserver.New()}
	t.Cleanup(m.server.Close)
	if err := m.server.Start(); err != nil {
		t.Fatalf("redistest: start miniserver: %v", err)
	}
	return m
}

// Addr is host:port.
func (m *Mini) Addr() string { return m.server.Addr() }

// URL is what redis.ParseURL takes.
func (m *Mini) URL() string { return "redis://" + m.Addr() }

// Options are for clients that tests make themselves.
func (m *Mini) Options() *redis.Options {
	return &redis.Options{Addr: m.Addr(), ContextTimeoutEnabled: true}
}

// Client returns a new client of the server, which t closes.
func (m *Mini) Client(t testing.TB) *redis.Client {
	t.Helper()
	return newClient(t, m.Options())
}

// Server returns what only an embedded server can do.
func (m *Mini) Server() *miniserver.Server { return m.server }

// AwaitUptime has the server claim that it has been up for d, and for one second
// more, of which the whole seconds it counts in may swallow a part.
func (m *Mini) AwaitUptime(d time.Duration) { m.server.SetUptime(d + time.Second) }

// RefuseInfo refuses INFO until the server is restarted.
func (m *Mini) RefuseInfo() { m.server.RefuseInfo(true) }

// RestartEmpty restarts the server without any data.
func (m *Mini) RestartEmpty() { m.restart(m.server.Restart) }

// RestartKeepingData restarts the server with all its data.
func (m *Mini) RestartKeepingData() { m.restart(m.server.RestartKeepingData) }

// SaveSnapshot sets a copy of the data aside, for RestartFromSnapshot.
func (m *Mini) SaveSnapshot() { m.snapshot = m.server.Snapshot() }

// RestartFromSnapshot restarts the server with the data of SaveSnapshot.
func (m *Mini) RestartFromSnapshot() {
	m.restart(func() { m.server.RestartFrom(m.snapshot) })
}

func (m *Mini) restart(how func()) {
	m.server.RefuseInfo(false)
	how()
}
