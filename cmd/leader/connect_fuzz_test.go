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
		if options := client.Options(); !options.ContextTimeoutEnabled || options.Addr == "" {
			t.Errorf("%q: connects to %q, its calls bounded: %v", rawURL, options.Addr, options.ContextTimeoutEnabled)
		}
	})
}

// connectOrPanic is connect, of which a panic fails this test only.
func connectOrPanic(t *testing.T, rawURL string) (client *redis.Client, err error) {
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
		rawURL := "redis://" + user + ":" + password + "@127.0.0.1:6379"
		client, err := connectOrPanic(t, rawURL)
		if err != nil {
			if err.Error() != errRedisURL.Error() {
				t.Errorf("%q: %v", rawURL, err)
			}
			return
		}
		defer func() { _ = client.Close() }()
		options := client.Options()
		meant, err := url.PathUnescape(password)
		if err != nil || options.Password != meant || options.Addr != "127.0.0.1:6379" {
			t.Errorf("%q: connects to %q with the password %q", rawURL, options.Addr, options.Password)
		}
	})
}
