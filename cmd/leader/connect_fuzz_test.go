package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// FuzzRedisURL: whatever is given as a URL, connect returns a client or one of two
// errors, neither of which shows anything of it.
func FuzzRedisURL(f *testing.F) {
	for _, rawURL := range []string{ // addresses and no names: go-redis would look those up, at once
		"", "redis://", "redis://localhost", "redis://localhost:6379/3", "rediss://user:secret@127.0.0.1:7000/0?db=2", "unix:///tmp/redis.sock?db=1",
		"unix://user:secret@/tmp/redis.sock", "redis://[::1]:6379", "redis://user:hunter#2@127.0.0.1:6379", "redis://user:12#hunter@127.0.0.1:6379", "redis://127.0.0.1:99999",
		"redis://127.0.0.1/1/2", "redis://127.0.0.1/-1", "redis://127.0.0.1?protocol=9", "redis://127.0.0.1?dial_timeout=-1&read_timeout=1h", "redis://127.0.0.1?min_idle_conns=-1",
		"redis://127.0.0.1?pool_size=-1", "redis://127.0.0.1?pool_size=4294967296", "redis://127.0.0.1?max_retries=-1&pool_size=0", "redis://127.0.0.1?pipeline_pool_size=-1",
		"redis://127.0.0.1?max_active_conns=99999999999", "redis://127.0.0.1?pool_size=99999999999", "redis://127.0.0.1?max_idle_conns=99999999999", "redis://127.0.0.1?pipeline_pool_size=99999999999",
		"redis://127.0.0.1?max_concurrent_dials=-1", "redis://127.0.0.1?max_active_conns=-1&max_idle_conns=-1", "redis://127.0.0.1?pipeline_read_buffer_size=-1", "redis://127.0.0.1?pool_size=1&hunter=2", "redis://127.0.0.1?%zz", "REDIS://127.0.0.1", "\x00://\xff", "redis:host", "://", "redis://127.0.0.1?client_name=%0a",
		"redis+cluster://127.0.0.1", "rediss-cluster://user:secret@127.0.0.1:1,[::1],127.0.0.3:3/0?addr=127.0.0.4:4", "redis+cluster://127.0.0.1,", "redis+cluster://user:12/hunter@127.0.0.1,127.0.0.2", "redis+cluster://127.0.0.1?pool_size=-1", "redis+cluster://127.0.0.1/1", "redis+cluster://127.0.0.1,127.0.0.2:x",
		"redis+sentinel://127.0.0.1/main", "rediss-sentinel://user:secret@127.0.0.1,[::1]:2/main/3?sentinel_username=u&sentinel_password=hunter", "redis+sentinel://127.0.0.1", "redis+sentinel://127.0.0.1/3?master_name=main", "redis+sentinel://127.0.0.1/main?route_randomly=1", "redis+sentinel://127.0.0.1/main?route_by_latency=1",
		"redis+sentinel://127.0.0.1/main?sentinel_password=hun&ter", "redis+sentinel://127.0.0.1/main?password=hunter", "redis+sentinel://127.0.0.1/main/hunter", "redis+sentinel://127.0.0.1/main?pool_size=99999999999", "redis+sentinel://127.0.0.1/main?replica_only=1", "redis+sentinel:///main", "redis+sentinel://%zz,127.0.0.1/main",
	} {
		f.Add(rawURL)
	}
	f.Fuzz(func(t *testing.T, rawURL string) {
		if opensConnections(rawURL) || hugePool.MatchString(rawURL) {
			return
		}
		client, err := connectOrPanic(t, rawURL)
		if err != nil {
			if text := err.Error(); text != errRedisURL.Error() && text != errNoRedis.Error() {
				t.Errorf("%q: %v, which may show a password", rawURL, err)
			}
			return
		}
		defer func() { _ = client.Close() }()
		if where, bounded := optionsOf(client); !bounded || where == "" {
			t.Errorf("%q: connects to %q, its calls bounded: %v", rawURL, where, bounded)
		}
	})
}

// optionsOf tells where a client connects to, and whether its calls end with their ctx.
func optionsOf(client redis.UniversalClient) (where string, bounded bool) {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return strings.Join(cluster.Options().Addrs, ","), cluster.Options().ContextTimeoutEnabled
	}
	options := client.(*redis.Client).Options()
	return options.Addr, options.ContextTimeoutEnabled
}

// connectOrPanic is connect, of which a panic fails this test only.
func connectOrPanic(t *testing.T, rawURL string) (client redis.UniversalClient, err error) {
	t.Helper()
	defer func() {
		if value := recover(); value != nil {
			t.Errorf("%q: panic: %v", rawURL, value)
			err = errRedisURL
		}
	}()
	return connect(rawURL)
}

// hugePool is one that takes gigabytes, if no more than 2^31 connections are asked for.
var hugePool = regexp.MustCompile(`[1-9]\d{6,9}(\D|$)`)

// opensConnections: these would be opened at once, to whatever host the fuzzer
// makes up.
func opensConnections(rawURL string) bool {
	return strings.Contains(strings.ToLower(rawURL), "min") || strings.Contains(rawURL, "%6") || strings.Contains(rawURL, "%4")
}

// FuzzRedisPassword: a password is used as it was written, or its URL is refused.
// It is not taken for a part of the address, which error messages show.
func FuzzRedisPassword(f *testing.F) {
	for _, password := range []string{"secret", "hunter 2", "hunter#2", "12#hunter", "12?hunter", "hunter/2", "12/hunter", "hunter@2", "hunter:2", "hunter%32", "hunter%zz", "%", "пароль", "\x00", "\xff", "[", "a]b", "#", "?", "/"} {
		f.Add("user", password)
		f.Add("", password)
	}
	f.Fuzz(func(t *testing.T, user, password string) {
		if strings.ContainsAny(user, "@:/?#") || password == "" || opensConnections(user+password) {
			return
		}
		for _, form := range []struct{ before, after string }{
			{"redis://" + user + ":", "@127.0.0.1:6379"},
			{"redis+cluster://" + user + ":", "@127.0.0.1:6379,127.0.0.2"},
			{"redis+sentinel://" + user + ":", "@127.0.0.1,127.0.0.2:2/main"},
			{"redis+sentinel://127.0.0.1,127.0.0.2:2/main?sentinel_username=" + user + "&sentinel_password=", ""},
		} {
			if form.after == "" && strings.Contains(user+password, "&") {
				continue // ends the parameter, and nobody can tell that it was not meant to
			}
			expectPassword(t, form.before+password+form.after, password)
		}
	})
}

func expectPassword(t *testing.T, rawURL, password string) {
	t.Helper()
	client, err := connectOrPanic(t, rawURL)
	if err != nil {
		if err.Error() != errRedisURL.Error() {
			t.Errorf("%q: %v", rawURL, err)
		}
		return
	}
	_ = client.Close()
	meant, err := url.PathUnescape(password)
	var where, used string
	want := "127.0.0.1:6379"
	switch kind, address, _ := parseURL(rawURL); kind {
	case oneServer:
		options := client.(*redis.Client).Options()
		where, used = options.Addr, options.Password
	case cluster:
		options := client.(*redis.ClusterClient).Options()
		where, used = strings.Join(options.Addrs, ","), options.Password
		want = "127.0.0.1:6379,127.0.0.2:6379"
	case sentinel:
		options, unreadable := redis.ParseFailoverURL(address)
		if unreadable != nil {
			t.Fatalf("%q: %v", rawURL, unreadable)
		}
		where, used = strings.Join(options.SentinelAddrs, ","), options.Password+options.SentinelPassword
		want = "127.0.0.1:26379,127.0.0.2:2"
		if options.MasterName != "main" {
			t.Errorf("%q: asks for the master %q", rawURL, options.MasterName)
		}
		if strings.Contains(rawURL, "?") {
			meant, err = url.QueryUnescape(password)
		}
	}
	if err != nil || used != meant || where != want {
		t.Errorf("%q: connects to %q with the password %q", rawURL, where, used)
	}
}
