package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// masterName is what the sentinels call the primary.
const masterName = "elections"

// How many sentinels there are, and how many must agree that a primary is down.
const (
	sentinelCount  = 3
	sentinelQuorum = 2
)

const (
	downAfter       = time.Second // without an answer, a server is taken for dead
	failoverTimeout = 5 * time.Second
)

// Sentinels is a primary with replicas and the sentinels that watch them, all of
// a test's own.
//
// Everybody knows the first server, and only it, by the address of a proxy, which
// is what Isolate breaks. Its own port is for those who are isolated with it.
type Sentinels struct {
	t         testing.TB
	Servers   []*Server // the first was started as the primary
	sentinels []*Server
	front     *Proxy            // to the first server
	backs     map[string]*Proxy // from the isolated side to anybody else, by address
}

// StartSentinels starts one primary, so many replicas, and three sentinels. It
// returns when the sentinels know each other and the replicas, and the replicas
// have the primary's data. The options are for the primary and the replicas; with
// WithCertificates, the sentinels have these too.
func StartSentinels(t testing.TB, replicas int, opts ...Option) *Sentinels {
	t.Helper()
	s := &Sentinels{t: t, backs: map[string]*Proxy{}}
	// By default a primary waits five seconds for further replicas to come.
	opts = append([]Option{WithConfig("repl-diskless-sync-delay", "0")}, opts...)
	for range 1 + replicas {
		s.Servers = append(s.Servers, Start(t, opts...))
	}
	first := s.Servers[0]
	s.front = NewProxy(t, first.Addr())
	host, port, _ := net.SplitHostPort(s.front.Addr())

	// After a failover the first server is a replica, and tells the new primary its
	// address, from which the sentinels learn it.
	first.must("CONFIG", "SET", "replica-announce-port", port)
	first.directives = append(first.directives, []string{"replica-announce-port", port})
	for _, replica := range s.Servers[1:] {
		replica.must("REPLICAOF", host, port)
	}
	s.await("the replicas' links", func() bool { return s.replicate(first) })

	for range sentinelCount {
		s.sentinels = append(s.sentinels, startSentinel(t, first.tls, host, port))
	}
	s.await("the sentinels to know each other", func() bool {
		return s.all(func(sentinel *Server) bool {
			return sentinel.master()["num-other-sentinels"] == strconv.Itoa(sentinelCount-1)
		})
	})
	s.AwaitHealth()
	for _, other := range slices.Concat(s.Servers[1:], s.sentinels) {
		s.backs[other.Addr()] = NewProxy(t, other.Addr())
	}
	return s
}

// startSentinel starts a sentinel that watches the primary at an address.
func startSentinel(t testing.TB, certificates *Certificates, host, port string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir()}
	if certificates != nil {
		WithCertificates(certificates)(s)
	}
	s.mustDo("make a data directory", os.MkdirAll(s.data(), 0o700))
	s.sentinel = filepath.Join(s.dir, "sentinel.conf") // a sentinel writes to it what it knows
	s.mustDo("write its configuration", os.WriteFile(s.sentinel, []byte(strings.Join([]string{
		fmt.Sprintf("sentinel monitor %s %s %s %d", masterName, host, port, sentinelQuorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s %d", masterName, downAfter.Milliseconds()),
		fmt.Sprintf("sentinel failover-timeout %s %d", masterName, failoverTimeout.Milliseconds()),
		fmt.Sprintf("sentinel parallel-syncs %s 1", masterName),
		"",
	}, "\n")), 0o600))
	s.launch()

	// A primary that comes back is made a replica four publish periods and up to one
	// info period later: 8 to 18 seconds by default, about 3 with these. The pings and
	// elections, of which the time without a primary consists, stay as they are.
	s.must("SENTINEL", "DEBUG", "publish-period", "500", "info-period", "1000")
	return s
}

// Options are those of Client.
func (s *Sentinels) Options() *redis.FailoverOptions {
	options := &redis.FailoverOptions{MasterName: masterName, TLSConfig: s.Servers[0].TLSConfig(), ContextTimeoutEnabled: true}
	for _, sentinel := range s.sentinels {
		options.SentinelAddrs = append(options.SentinelAddrs, sentinel.Addr())
	}
	return options
}

// Client returns a new client of whoever is the primary, which the test closes.
func (s *Sentinels) Client(t testing.TB) *redis.Client {
	t.Helper()
	return newFailoverClient(t, s.Options())
}

// Isolate cuts the first server off from the sentinels, the replicas and all
// clients but those of its own side, whom it goes on to answer. These don't
// reach anybody else any more, not even a sentinel.
//
// It is meant for when the first server is the primary. As a replica it would
// still reach its primary, for it does so on a connection of its own.
func (s *Sentinels) Isolate() {
	s.front.BlackHole()
	for _, back := range s.backs {
		back.BlackHole()
	}
}

// Heal is the end of Isolate. What was held up by it arrives.
func (s *Sentinels) Heal() {
	s.front.Restore()
	for _, back := range s.backs {
		back.Restore()
	}
}

// IsolatedOptions are those of IsolatedClient.
func (s *Sentinels) IsolatedOptions() *redis.FailoverOptions {
	options := s.Options()
	// go-redis dials with it whatever it learns from a sentinel too: the primary, and
	// the other sentinels, which it would otherwise reach past the proxies.
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == s.front.Addr() {
			addr = s.Servers[0].Addr()
		} else if back := s.backs[addr]; back != nil {
			addr = back.Addr()
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return options
}

// IsolatedClient returns a new client on the side of the first server, which the
// test closes.
//
// While isolated it works only on the connections that it already has: for each
// new one go-redis asks a sentinel, and none answers. So have it execute a
// command before Isolate, and as many at once as it is to do afterwards; a
// subscription needs a connection of its own. A client that needs no sentinel is
// Servers[0].Client.
func (s *Sentinels) IsolatedClient(t testing.TB) *redis.Client {
	t.Helper()
	return newFailoverClient(t, s.IsolatedOptions())
}

func newFailoverClient(t testing.TB, options *redis.FailoverOptions) *redis.Client {
	t.Helper()
	client := redis.NewFailoverClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
