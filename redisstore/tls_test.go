package redisstore_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// byTLS returns the trial of a client that talks TLS by config, or not at all if it
// is nil. It doesn't dial again by itself, which takes longer than these elections
// have for an attempt.
func (t *trial) byTLS(config *tls.Config) *trial {
	return t.as(&redis.Options{TLSConfig: config, DialerRetries: 1, MaxRetries: -1})
}

func onTLS(t *testing.T, test func(t *trial, server *redistest.Server)) {
	t.Helper()
	onRedis(t, func(t *trial) { test(t, t.server.(*redistest.Server)) }, redistest.WithTLS())
}

func TestElectionByMutualTLS(t *testing.T) {
	onTLS(t, func(t *trial, _ *redistest.Server) {
		leader := t.settled().start("leader", long/3).leads()
		term := leader.Term()
		leader.goesOn(term, "by TLS")
		follower := t.start("follower", long/3).follows()
		eventually(t, "subscriptions by TLS", func() bool { return t.subscribers(t.key) == 2 })

		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		if follower.leads().Term() <= term {
			t.Errorf("term %d follows term %d", follower.Term(), term)
		}
	})
}

func TestF18Certificates(t *testing.T) {
	onTLS(t, func(t *trial, server *redistest.Server) {
		own := server.Certificates()
		with := func(change func(*tls.Config)) *tls.Config {
			config := own.Config()
			change(config)
			return config
		}
		expired := own.Issue("expired client", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
		for what, c := range map[string]struct {
			config *tls.Config
			says   string
		}{
			"no certificate":              {with(func(c *tls.Config) { c.Certificates = nil }), "asks for a client certificate"},
			"no certificate, by TLS 1.2":  {with(func(c *tls.Config) { c.Certificates, c.MaxVersion = nil, tls.VersionTLS12 }), "Certificates"},
			"a certificate of another CA": {with(func(c *tls.Config) { c.Certificates = redistest.NewCertificates(t).Config().Certificates }), "does not know the CA of the client's certificate"},
			"an expired certificate":      {with(func(c *tls.Config) { c.Certificates = load(t, expired) }), "expired"},
			"no trust in the CA":          {with(func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }), "RootCAs"},
			"another name":                {with(func(c *tls.Config) { c.ServerName = "redis.example.com" }), "ServerName"},
		} {
			t.Run(what, func(sub *testing.T) {
				t.on(sub, "jobs").byTLS(c.config).cannotStart("TLSConfig", c.says)
			})
		}

		present(t, own.Issue("expired server", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
		t.Run("an expired server", func(sub *testing.T) {
			t.on(sub, "jobs").byTLS(own.Config()).cannotStart("tls-cert-file", "clock")
		})
	})
}

func load(t *trial, files redistest.KeyPair) []tls.Certificate {
	t.Helper()
	certificate, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{certificate}
}

// present has the server present another certificate to whom connects from now on,
// and ends all connections but the administrator's.
func present(t *trial, files redistest.KeyPair) {
	t.Helper()
	t.do("CONFIG", "SET", "tls-cert-file", files.CertFile, "tls-key-file", files.KeyFile)
	t.do("CLIENT", "KILL", "SKIPME", "yes")
}

// What would refuse a candidate at first contact is an outage when it has worked.
func TestF18CertificateThatExpiresLaterCountsAsAFaultThatPasses(t *testing.T) {
	onTLS(t, func(t *trial, server *redistest.Server) {
		own := server.Certificates()
		leader := t.settled().byTLS(own.Config()).start("leader", long).leads()
		term := leader.Term()
		follower := t.byTLS(own.Config()).start("follower", long).follows()

		present(t, own.Issue("expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
		leader.awaits(2, leaderelection.RenewalFailed)
		follower.awaits(2, leaderelection.AttemptFailed)
		if leader.Term() != term {
			t.Errorf("term %d while the certificate has expired, want %d", leader.Term(), term)
		}
		present(t, own.Server)
		leader.goesOn(term, "with another certificate")
		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		follower.leads()
	})
}

// A Redis that expects TLS hangs up on who does not speak it, and says nothing: it
// may as well be one that is starting, so it is retried. But the error asks.
func TestF18PlaintextToATLSPort(t *testing.T) {
	onTLS(t, func(t *trial, _ *redistest.Server) {
		candidate := t.byTLS(nil).startPatiently("candidate", patientTTL)
		candidate.awaits(1, leaderelection.AttemptFailed)
		if err := candidate.all(leaderelection.AttemptFailed)[0].Err; !strings.Contains(err.Error(), "rediss://") {
			t.Errorf("an attempt fails by %q, which does not ask whether TLS is expected", err)
		}
	})
}

// A Redis that expects plain text takes the greeting of TLS for the beginning of a
// command, and waits for its end: that is an outage like any other. One that says
// something of itself, like here that it is full, gives itself away.
func TestF18TLSToAPlaintextPort(t *testing.T) {
	onRedis(t, func(t *trial) {
		speaker := t.byTLS(&tls.Config{MinVersion: tls.VersionTLS12})
		waiting := speaker.start("candidate", long)
		waiting.awaits(2, leaderelection.AttemptFailed)
		if waiting.IsLeader() {
			t.Error("it leads")
		}
		if err := waiting.Stop(); err != nil {
			t.Fatal(err)
		}
		t.do("CONFIG", "SET", "maxclients", "1") // the administrator
		speaker.cannotStart("does not speak TLS", "TLSConfig")
	})
}
