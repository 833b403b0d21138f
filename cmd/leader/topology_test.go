//go:build unix

package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/doctor"
	"example.com/leaderelection/internal/redistest"
)

// sentinelURL and clusterURL are what people would write for a Redis of a test's.
func sentinelURL(scheme, login string, s *redistest.Sentinels) string {
	options := s.Options()
	return scheme + "://" + login + strings.Join(options.SentinelAddrs, ",") + "/" + options.MasterName
}

func clusterURL(scheme, login string, c *redistest.Cluster) string {
	return scheme + "://" + login + strings.Join(c.Options().Addrs, ",")
}

// awkward is a login whose password must be escaped, and rules is its user in Redis.
const awkward = "worker:p%40ss%2Cw%2Frd@"

var rules = []any{"on", ">p@ss,w/rd", "~*", "&*", "+@all"}

func flagsFor(own *redistest.Certificates) []string {
	return []string{"--tls-ca", own.CAFile, "--tls-cert", own.Client.CertFile, "--tls-key", own.Client.KeyFile}
}

func TestEveryCommandUnderSentinelByTLS(t *testing.T) {
	t.Parallel()
	own := redistest.NewCertificates(t)
	s := redistest.StartSentinels(t, 1, redistest.WithCertificates(own))
	for _, server := range s.Servers {
		server.PermitUser("worker", rules...)
	}
	s.PermitSentinelUser("watcher", "on", ">hunter&2+2", "&*", "+@all")
	address := sentinelURL("rediss+sentinel", awkward, s) + "?sentinel_username=watcher&sentinel_password=" + url.QueryEscape("hunter&2+2")

	expectEveryCommand(t, address, flagsFor(own), []string{"nightly", "weekly"})

	run(t, address, append(flagsFor(own), append([]string{"--ttl", "2s"}, reader...)...)...).awaitLog("leading")
	if users := s.SentinelClients(); !strings.Contains(users, "user=watcher") {
		t.Errorf("it asks the sentinels as somebody else:\n%s", users)
	}
	if users := s.Servers[0].Clients(); !strings.Contains(users, "user=worker") {
		t.Errorf("it is connected as somebody else:\n%s", users)
	}
}

func TestEveryCommandOnAClusterByTLS(t *testing.T) {
	t.Parallel()
	own := redistest.NewCertificates(t)
	c := redistest.StartCluster(t, 3, 0, redistest.WithCertificates(own))
	var keys []string
	primaries := map[*redistest.Server]bool{} // each has one of the elections
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		if node := c.PrimaryOf(key); !primaries[node] {
			keys, primaries[node] = append(keys, key), true
		}
	}
	if len(keys) != 3 {
		t.Fatalf("the elections %v are not on three primaries", keys)
	}
	for _, node := range c.Nodes() {
		node.PermitUser("worker", rules...)
	}

	expectEveryCommand(t, clusterURL("rediss+cluster", awkward, c), flagsFor(own), keys)
}

// expectEveryCommand runs every command: an election for each key, and all that asks.
func expectEveryCommand(t *testing.T, url string, flags, keys []string) {
	t.Helper()
	env := []string{redisURLVariable + "=" + url}
	with := func(more ...string) []string { return append(append([]string{more[0]}, flags...), more[1:]...) }
	for _, key := range keys {
		i := start(t, env, append(with("run", "--ttl", "6s", "--key", key, "--id", "leader-of-"+key), reader...)...)
		i.awaitLog("leading")
	}
	key := keys[0]
	watch := start(t, env, with("watch", "--key", key)...)
	watch.awaitOutput("leader-of-" + key + " leads")
	listen := freeAddress(t)
	start(t, env, with("serve", "--ttl", "6s", "--key", key, "--id", "beside", "--listen", listen)...)
	awaitAnswer(t, "http://"+listen+"/readyz", http.StatusOK)
	awaitAnswer(t, "http://"+listen+"/leader", http.StatusServiceUnavailable)

	s := decode[status](t, ask(t, url, 0, with("status", "--key", key, "-o", "json")...), json.Unmarshal)
	if s.Leader == nil || s.Leader.ID != "leader-of-"+key {
		t.Errorf("status: %+v", s)
	}
	h := decode[history](t, ask(t, url, 0, with("history", "--key", key, "-o", "json")...), json.Unmarshal)
	if len(h.Terms) != 1 || h.Terms[0].ID != "leader-of-"+key {
		t.Errorf("history: %+v", h)
	}
	all := decode[list](t, ask(t, url, 0, with("list", "-o", "json")...), json.Unmarshal)
	found := make([]string, 0, len(keys))
	for _, each := range all.Elections {
		found = append(found, each.Election)
	}
	if strings.Join(found, " ") != strings.Join(keys, " ") {
		t.Errorf("list: %q, want %q", found, keys)
	}

	examined := start(t, env, with("doctor", "--ttl", "6s", "--key", key, "-o", "json")...)
	examined.status() // 0 or 1: these servers are what they are
	d := decode[diagnosis](t, examined.stdout.String(), json.Unmarshal)
	for _, check := range d.Checks {
		if check.Check == "reachable" && check.Status != doctor.OK || strings.Contains(check.Found, "were not asked") {
			t.Errorf("doctor: %+v", check)
		}
	}

	over := decode[handover](t, ask(t, url, 0, with("step-down", "--key", key, "-o", "json")...), json.Unmarshal)
	if over.From.ID != "leader-of-"+key || over.To.Term <= over.From.Term {
		t.Errorf("step-down: %+v", over)
	}
	ask(t, url, 0, with("pause", "--key", key, "--keep-leader")...)
	ask(t, url, 0, with("resume", "--key", key)...)
}

func TestRunThroughAFailoverOfSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t, 2)
	expectALeaderAgain(t, sentinelURL("redis+sentinel", "", s), func() {
		s.Servers[0].Kill()
		s.AwaitPrimary(s.Servers[0])
	})
}

func TestRunThroughAFailoverOfACluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 1)
	expectALeaderAgain(t, clusterURL("redis+cluster", "", c), func() {
		primary := c.PrimaryOf("nightly")
		primary.Kill()
		await(t, "another primary", func() bool {
			now := c.PrimaryOf("nightly")
			return now != nil && now != primary
		})
	})
}

// expectALeaderAgain has two instances, whose Redis fails over. There is a leader afterwards,
// be it the same one or the other, and another when that is stopped; and never did two
// commands run at once.
func expectALeaderAgain(t *testing.T, url string, failover func()) {
	t.Helper()
	dir := t.TempDir()
	flags := []string{"--key", "nightly", "--ttl", "6s"}
	first := run(t, url, append(append(flags, "--id", "first"), witnessCommand(dir)...)...)
	awaitWitnesses(t, dir, "first", 1)
	run(t, url, append(append(flags, "--id", "second"), witnessCommand(dir)...)...).awaitLog("following")

	failover()

	over := time.Now() // by the clock of the new primary, too
	await(t, "a leader after the failover", func() bool {
		i := start(t, []string{redisURLVariable + "=" + url}, "status", "--key", "nightly", "-o", "json")
		if i.status() != 0 {
			return false
		}
		s := decode[status](t, i.stdout.String(), json.Unmarshal)
		return s.Leader != nil && value(s.Leader.LastHeartbeat).After(over)
	})
	first.signal(syscall.SIGTERM)
	first.status()
	expectSuccession(t, dir, 1)
}

// A client that tries a silent sentinel for longer than dialling may take never asks
// another one (docs/redis.md).
func TestSilentSentinelIsGivenUp(t *testing.T) {
	for rawURL, want := range map[string]time.Duration{
		"redis+sentinel://127.0.0.1/main":                 sentinelReadTimeout,
		"redis+sentinel://127.0.0.1/main?read_timeout=7s": 7 * time.Second,
	} {
		client, err := connect(rawURL)
		if err != nil {
			t.Fatal(err)
		}
		options := client.(*redis.Client).Options()
		_ = client.Close()
		if options.ReadTimeout != want {
			t.Errorf("%s: reads for %v, want %v", rawURL, options.ReadTimeout, want)
		}
		if want == sentinelReadTimeout && want*time.Duration(1+options.MaxRetries) >= options.DialTimeout {
			t.Errorf("it tries one sentinel for %v, %d times more, of the %v that it has", want, options.MaxRetries, options.DialTimeout)
		}
	}
}

// go-redis would have the certificates of all nodes be for the first host of the URL.
func TestNodesHaveCertificatesOfTheirOwn(t *testing.T) {
	t.Parallel()
	own := redistest.NewCertificates(t)
	own.Server = own.Issue("by-address", func(c *x509.Certificate) { c.DNSNames = nil })
	c := redistest.StartCluster(t, 3, 0, redistest.WithCertificates(own))
	files := tlsFiles{ca: own.CAFile, cert: own.Client.CertFile, key: own.Client.KeyFile}
	_, port, _ := net.SplitHostPort(c.Shards[0][0].Addr())

	client, err := connect("rediss+cluster://localhost:"+port+",127.0.0.1:"+port, files.apply)

	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("%v, want an answer", err)
	}
}

func TestServerNameIsWhatTheCertificateIsFor(t *testing.T) {
	t.Parallel()
	own := redistest.NewCertificates(t)
	own.Server = own.Issue("by-address", func(c *x509.Certificate) { c.DNSNames = nil })
	server := redistest.Start(t, redistest.WithCertificates(own))
	_, port, _ := net.SplitHostPort(server.Addr())
	for name, answers := range map[string]bool{"": false, "127.0.0.1": true, "redis.example": false} {
		files := tlsFiles{ca: own.CAFile, cert: own.Client.CertFile, key: own.Client.KeyFile, serverName: name}
		client, err := connect("rediss://localhost:"+port, files.apply)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Ping(t.Context()).Err(); (err == nil) != answers {
			t.Errorf("with the name %q: %v", name, err)
		}
		_ = client.Close()
	}
}

// hanging is a client that does not get an answer to its last words.
type hanging chan struct{}

func (h hanging) Close() error {
	<-h
	return nil
}

func TestEndIsNotHeldUpBySilentSentinel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, silent := time.Now(), make(hanging)
		disconnect(silent)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it waits %v", took)
		}
		close(silent)
		disconnect(silent)
		if took := time.Since(began); took != time.Second {
			t.Error("it waits though the client is closed")
		}
	})
}
