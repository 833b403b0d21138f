package doctor

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 1)
	found := examine(t, cluster.Client(t))
	found.allAreOK()
	found.is("topology", OK, "Cluster", "of 3 primaries", "lie in slot", "the info key in", "cluster-require-full-coverage is yes", "a primary")
	found.is("replication", OK, "cut off refuses writes before", "2s")
	found.is("reachable", OK, cluster.PrimaryOf(lock).Addr())
	for _, node := range cluster.Nodes() {
		if left := node.Client(t).Keys(t.Context(), "*").Val(); len(left) != 0 {
			t.Errorf("it leaves %q behind", left)
		}
	}

	cluster.PrimaryOf(lock).Client(t).ConfigSet(t.Context(), "cluster-node-timeout", "15000")
	found = examine(t, cluster.Client(t))
	found.is("topology", Warn, "cluster-node-timeout is 15s", "a third of the TTL")
	found.is("replication", Warn, "two may lead for up to 6s") // as docs/redis.md has it

	found = examine(t, cluster.OtherPrimary(lock).Client(t))
	found.is("topology", Fail, "a node of a Cluster", "use a client of the Cluster")
	found.is("election", Warn, "MOVED")
}

func TestClusterOfWhichNobodyAnswers(t *testing.T) {
	t.Parallel()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	examine(t, client).is("reachable", Fail, "refused")
	server := redistest.Start(t)
	other := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.Addr()}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = other.Close() })
	examine(t, other).is("reachable", Fail, "this is no Cluster")
}

func TestClusterThatIsNotWhole(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 0)
	client := cluster.Client(t)
	cluster.OtherPrimary(lock).Kill()
	primary := cluster.PrimaryOf(lock)
	for late := time.Now().Add(20 * time.Second); strings.Contains(primary.Client(t).ClusterInfo(t.Context()).Val(), "cluster_state:ok"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nobody has noticed that a node is missing")
		}
	}
	found := examine(t, client)
	found.is("topology", Fail, "its state is fail", "slots have no node")
	found.is("permissions", Fail, "CLUSTERDOWN")
}

// On a Cluster as the documentation's user, to whom CLUSTER INFO is not granted.
func TestClusterThatTellsLittle(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 0)
	for _, node := range cluster.Nodes() {
		documentedUser(t, node, "+cluster|slots", "+cluster|shards", "+asking", "+command")
	}
	options := cluster.Options()
	options.Username, options.Password = "elector", "secret"
	client := redis.NewClusterClient(options)
	t.Cleanup(func() { _ = client.Close() })
	found := examine(t, client)
	found.allAreOK("topology", "persistence")
	found.is("topology", Warn, "its state is not known", "+cluster|info")
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	sentinels := redistest.StartSentinels(t, 2)
	p := Patient{Client: sentinels.Client(t), Sentinel: sentinels.Options(), Config: config()}
	found := examineAs(t, p, func(string) {})
	found.allAreOK("replication", "election")
	found.is("topology", OK, "behind Sentinel", "3 Sentinels, a quorum of 2", "a primary")
	found.is("replication", Warn, "2 replica(s)", "WithReplicaAcks")

	p.Client, p.Config.LockTTL = sentinels.Client(t), 2*time.Second
	examineAs(t, p, func(string) {}).is("topology", Warn, "down-after-milliseconds is 1s", "down-after-milliseconds 666")

	examine(t, sentinels.Client(t)).is("topology", Warn, "behind Sentinel", "were not asked")

	p.Client, p.Sentinel = sentinels.Client(t), &redis.FailoverOptions{MasterName: p.Sentinel.MasterName, SentinelAddrs: []string{"127.0.0.1:1"}}
	examineAs(t, p, func(string) {}).is("topology", Warn, "what Sentinel would do is not known", "refused")

	gone := redis.NewFailoverClient(p.Sentinel)
	t.Cleanup(func() { _ = gone.Close() })
	examine(t, gone).is("reachable", Fail, "no Sentinel answers", "see that the Sentinels run")

	one := as(t, &redis.Options{Addr: sentinels.Options().SentinelAddrs[0], ContextTimeoutEnabled: true})
	examine(t, one).is("topology", Fail, "this is a Sentinel")
}

func TestWhatSentinelSays(t *testing.T) {
	t.Parallel()
	judged(t, func(e *exam, r *Result) {
		e.Sentinel = &redis.FailoverOptions{MasterName: "it"}
		judgeSentinels(e, r, map[string]string{"num-other-sentinels": "1", "quorum": "2", "down-after-milliseconds": "1000"}, redis.Nil)
	}, func(*exam) {}).is("it", Warn, "2 Sentinels, a quorum of 2", "fewer than three", "a failover is not possible now")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithTLS())
	found := examine(t, server.Client(t)) // of certificates that are for a day
	found.allAreOK("tls")
	found.is("tls", Warn, "TLS 1.3", "Redis's certificate ends on", "in 23 hours", "its CA CA of TestTLS ends on", "the client's certificate ends on", "renew")

	options := server.Options()
	options.TLSConfig.InsecureSkipVerify = true
	examine(t, as(t, options)).is("tls", Warn, "skip_verify", "--tls-ca")
}

func TestEndsOfCertificates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]struct {
		status Status
		says   string
	}{
		365 * 24 * time.Hour: {OK, "it ends on 2027-05-01"},
		14*24*time.Hour + 1:  {OK, "it ends on 2026-05-15"},
		14 * 24 * time.Hour:  {Warn, "in 14 days"},
		30 * time.Hour:       {Warn, "in 30 hours"},
	} {
		r := Result{Check: "it", Status: OK}
		ends(&r, "it", &x509.Certificate{NotAfter: now.Add(left)}, now)
		findings{t, map[string]Result{"it": r}}.is("it", want.status, want.says)
	}
}

func TestPlaintext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		to   net.Addr
		want Status
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, OK},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, OK},
		{&net.UnixAddr{Name: "/run/redis.sock", Net: "unix"}, OK},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1}, Warn},
	} {
		judged(t, func(e *exam, r *Result) { encryption(t.Context(), e, r) }, func(e *exam) {
			e.dials.latest[e.node.Options().Addr] = dialled{to: test.to}
		}).is("it", test.want, test.to.String())
	}
	judged(t, func(e *exam, r *Result) { encryption(t.Context(), e, r) }, func(*exam) {}).is("it", Warn, "not known")
}

func TestServersAndTheirVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		info map[string]string
		want Status
		says string
	}{
		{map[string]string{"redis_version": "7.0.15"}, OK, "tested on"},
		{map[string]string{"redis_version": "6.2.0"}, OK, "Redis 7.0"},
		{map[string]string{"redis_version": "8.2.1"}, OK, "by its own documentation"},
		{map[string]string{"redis_version": "6.0.16"}, Fail, "need 6.2"},
		{map[string]string{"redis_version": "5.0.7"}, Fail, "need 6.2"},
		{map[string]string{"redis_version": "unstable"}, Warn, "docs/redis.md"},
		{map[string]string{"redis_version": "7.2.4", "valkey_version": "8.1.0"}, OK, "Valkey 8.1.0"},
		{map[string]string{"redis_version": "7.4.0", "dragonfly_version": "df-v1.30.0"}, Warn, "Dragonfly df-v1.30.0"},
		{map[string]string{"redis_version": "6.3.4", "executable": "/usr/bin/keydb-server", "role": "master"}, OK, "KeyDB"},
		{map[string]string{"redis_version": "6.3.4", "executable": "/usr/bin/keydb-server", "role": "active-replica"}, Fail, "active replication"},
	} {
		judged(t, func(e *exam, r *Result) { server(t.Context(), e, r) }, func(e *exam) { e.info = test.info }).is("it", test.want, test.says)
	}
}
