//go:build unix

package main

import (
	"net/url"
	"strings"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

// A password with everything in it that a URL, a log or a shell may stumble over.
const secret = `hunter2/p@ss:w#rd? 100%="quoted"`

// shownAs are the forms in which somebody could read it.
var shownAs = []string{secret, url.PathEscape(secret), url.QueryEscape(secret), url.UserPassword("", secret).String(), "hunter2"}

func address(scheme, host string) string {
	return (&url.URL{Scheme: scheme, User: url.UserPassword("worker", secret), Host: host}).String()
}

// bySentinels is address of a master, whose sentinels have a password too.
func bySentinels(sentinels, master string) string {
	return address("redis+sentinel", sentinels) + "/" + master + "?sentinel_username=watcher&sentinel_password=" + url.QueryEscape(secret)
}

// Whatever goes wrong with Redis, and however much leader is asked to log, nobody
// reads the password.
func TestF18NothingShowsThePassword(t *testing.T) {
	t.Parallel()
	plainText := redistest.Start(t, redistest.WithConfig("requirepass", "another"))
	withoutAuth := redistest.Start(t, redistest.WithConfig("rename-command", "AUTH", ""), redistest.WithConfig("rename-command", "HELLO", ""))
	encrypted, flags := secretive(t)
	sentinels := redistest.StartSentinels(t, 0)
	asked := strings.Join(sentinels.Options().SentinelAddrs, ",")
	for name, test := range map[string]struct {
		url   string
		flags []string
		says  string
		goes  bool // on trying, so that the log is what tells
	}{
		"malformed":              {"redis://worker:" + secret + "@localhost:port", nil, "not valid", false},
		"not a number":           {address("redis", "127.0.0.1:1") + "/database", nil, "not valid", false},
		"another scheme":         {address("http", "127.0.0.1:1"), nil, "not valid", false},
		"nobody listens":         {address("redis", "127.0.0.1:1"), nil, "refused", true},
		"no such host":           {address("redis", "redis.invalid:6379"), nil, "redis.invalid", true},
		"wrong password":         {address("redis", plainText.Addr()), nil, "WRONGPASS", false},
		"unknown command":        {address("redis", withoutAuth.Addr()), nil, "auth", false},
		"no TLS":                 {address("redis", encrypted.Addr()), nil, "rediss://", true},
		"no certificate":         {address("rediss", encrypted.Addr()), flags[:2], "certificate", false},
		"no trust":               {address("rediss", encrypted.Addr()), nil, "does not trust", false},
		"TLS files, without TLS": {address("redis", encrypted.Addr()), flags, "--tls-ca", false},
		"wrong password, by TLS": {address("rediss", encrypted.Addr()), flags, "WRONGPASS", false},

		"malformed Cluster":        {"redis+cluster://worker:" + secret + "@127.0.0.1:1,127.0.0.1:2", nil, "not valid", false},
		"Cluster's port":           {address("redis+cluster", "127.0.0.1:1") + ",127.0.0.1:port", nil, "not valid", false},
		"no Cluster there":         {address("redis+cluster", "127.0.0.1:1") + ",127.0.0.1:2", nil, "refused", true},
		"Cluster, wrong password":  {address("redis+cluster", plainText.Addr()), nil, "WRONGPASS", false},
		"Cluster, no TLS":          {address("redis+cluster", plainText.Addr()), flags, "--tls-ca", false},
		"malformed Sentinel":       {"redis+sentinel://127.0.0.1:1/main?sentinel_password=" + secret, nil, "not valid", false},
		"no master":                {address("redis+sentinel", "127.0.0.1:1"), nil, "master-name", false},
		"no sentinel there":        {bySentinels("127.0.0.1:1,127.0.0.1:2", "main"), nil, "refused", true},
		"Sentinel, wrong password": {bySentinels(asked, sentinels.Options().MasterName), nil, "sentinel_password of the URL", false},
		"not a sentinel":           {bySentinels(withoutAuth.Addr(), "main"), nil, "auth", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, where := range []string{"environment", "flag"} {
				args := append([]string{"-v", "--ttl", "10s"}, test.flags...)
				given := test.url
				if where == "flag" {
					given, args = nobodyListens, append(args, "--redis", test.url)
				}
				i := run(t, given, append(args, "--", "true")...)
				if test.goes {
					i.awaitLog(test.says)
				} else if status := i.status(); status != statusFailed || !strings.Contains(i.stderr.String(), test.says) {
					t.Errorf("%s: exit status %d, want %d and to hear of %q", where, status, statusFailed, test.says)
				}
				expectNoSecret(t, i.stderr.String()+i.stdout.String())
			}
		})
	}
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{address("redis", withoutAuth.Addr()), address("redis", plainText.Addr()), address("redis", "127.0.0.1:1"), address("redis+cluster", "127.0.0.1:1")} {
			i := start(t, nil, "demo", "--redis", url)
			if status := i.status(); status != statusFailed {
				t.Errorf("exit status %d", status)
			}
			expectNoSecret(t, i.stderr.String()+i.stdout.String())
		}
	})
}

func expectNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, form := range shownAs {
		if strings.Contains(text, form) {
			t.Errorf("%q shows in:\n%s", form, text)
		}
	}
}
