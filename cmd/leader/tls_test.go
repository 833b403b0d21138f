//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

// secretive is a server that talks mutual TLS, with a user who may do everything,
// and the flags for it.
func secretive(t *testing.T) (server *redistest.Server, flags []string) {
	t.Helper()
	server = redistest.Start(t, redistest.WithTLS())
	own := server.Certificates()
	if err := server.Client(t).Do(t.Context(), "ACL", "SETUSER", "worker", "on", ">p@ss word", "~*", "&*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	return server, []string{"--tls-ca", own.CAFile, "--tls-cert", own.Client.CertFile, "--tls-key", own.Client.KeyFile}
}

func TestRunByMutualTLSAsANamedUser(t *testing.T) {
	t.Parallel()
	server, flags := secretive(t)
	url := "rediss://worker:p%40ss%20word@" + server.Addr()
	common := slices.Concat(flags, []string{"--ttl", "2s", "--", "sh", "-c", `echo "term $LEADER_TERM"; exec sleep 1000`})

	first := run(t, url, common...)
	first.awaitOutput("term ")
	users := server.Client(t).Do(t.Context(), "CLIENT", "LIST").String()
	if !strings.Contains(users, "user=worker") {
		t.Errorf("it is connected as somebody else:\n%s", users)
	}
	second := run(t, url, common...)
	second.awaitLog("following")
	first.signal(syscall.SIGTERM)
	second.awaitOutput("term ")
}

// Certificates are renewed under a leader that runs for months.
func TestRunReadsTheCertificateForEachConnection(t *testing.T) {
	t.Parallel()
	server, _ := secretive(t)
	own, dir := server.Certificates(), t.TempDir()
	files := tlsFiles{ca: own.CAFile, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	install := func(pair redistest.KeyPair) {
		t.Helper()
		for from, to := range map[string]string{pair.CertFile: files.cert, pair.KeyFile: files.key} {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	install(redistest.NewCertificates(t).Client)
	client, err := connect(server.URL(), files.apply)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Fatal("it is let in with a certificate of another CA")
	}
	install(own.Client)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("with another certificate in the same files: %v", err)
	}
}

func TestF18RunSaysWhatTLSRefuses(t *testing.T) {
	t.Parallel()
	server, flags := secretive(t)
	for name, test := range map[string]struct{ flags, says []string }{
		"no CA":          {nil, []string{"does not trust", "--tls-ca"}},
		"no certificate": {flags[:2], []string{"asks for a client certificate", "--tls-cert"}},
		"another CA":     {append([]string{"--tls-ca", redistest.NewCertificates(t).CAFile}, flags[2:]...), []string{"does not trust", "--tls-ca"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := run(t, server.URL(), append(test.flags, "--", "true")...)
			if status := i.status(); status != statusFailed {
				t.Errorf("exit status %d, want %d", status, statusFailed)
			}
			for _, words := range test.says {
				if log := i.stderr.String(); !strings.Contains(log, words) {
					t.Errorf("printed:\n%s\nwithout %q", log, words)
				}
			}
		})
	}
}

func TestRunRefusesTLSFilesThatCannotWork(t *testing.T) {
	t.Parallel()
	own, stranger := redistest.NewCertificates(t), redistest.NewCertificates(t)
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for name, test := range map[string]struct {
		url   string
		files tlsFiles
		says  []string
	}{
		"no TLS":              {"redis://127.0.0.1", tlsFiles{ca: own.CAFile}, []string{"--tls-ca", "rediss://"}},
		"no key":              {"", tlsFiles{cert: own.Client.CertFile}, []string{"--tls-cert", "--tls-key"}},
		"no certificate":      {"", tlsFiles{key: own.Client.KeyFile}, []string{"--tls-cert", "--tls-key"}},
		"no CA file":          {"", tlsFiles{ca: missing}, []string{"--tls-ca " + missing, "no such file"}},
		"no certificate file": {"", tlsFiles{cert: missing, key: own.Client.KeyFile}, []string{"--tls-cert " + missing, "no such file"}},
		"no key file":         {"", tlsFiles{cert: own.Client.CertFile, key: missing}, []string{"--tls-key " + missing, "no such file"}},
		"a key as CA":         {"", tlsFiles{ca: own.Client.KeyFile}, []string{"--tls-ca " + own.Client.KeyFile, "no certificate in it"}},
		"another's key":       {"", tlsFiles{cert: own.Client.CertFile, key: stranger.Client.KeyFile}, []string{"--tls-cert " + own.Client.CertFile, stranger.Client.KeyFile, "does not match"}},
	} {
		if test.url == "" {
			test.url = "rediss://127.0.0.1"
		}
		client, err := connect(test.url, test.files.apply)
		if err == nil {
			_ = client.Close()
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, words := range test.says {
			if !strings.Contains(err.Error(), words) || strings.Count(err.Error(), missing) > 1 {
				t.Errorf("%s: %q does not say %q, once", name, err, words)
			}
		}
	}
	if err := (&tlsFiles{}).apply(nil); err != nil {
		t.Errorf("without files: %v", err)
	}
}
