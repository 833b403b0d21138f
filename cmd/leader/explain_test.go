//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// Every command, not only those that ask, ends at once where trying again can't help, and
// says what to change in the URL.
func TestF18URLOfAnotherRedis(t *testing.T) {
	t.Parallel()
	address := redistest.Start(t).Addr()
	for url, says := range map[string]string{
		"redis://" + address + "/99":                "number behind the host",
		"redis+cluster://" + address:                "a redis:// URL for one server",
		"redis+sentinel://" + address + "/mymaster": "26379",
	} {
		for _, args := range [][]string{{"run", "--ttl", "1m", "--", "true"}, {"serve", "--ttl", "1m"}, {"status"}, {"pause"}} {
			i := start(t, []string{redisURLVariable + "=" + url}, args...)
			status, text := i.status(), i.stderr.String()
			if status != statusFailed || !strings.Contains(text, says) || strings.Contains(text, "***") {
				t.Errorf("%s of %s: exit status %d, %q does not say %q", args[0], url, status, text, says)
			}
		}
	}
}

// go-redis pauses between five dials: with a short TTL, no time is left to tell why.
func TestShortTTLsTellWhyNobodyAnswers(t *testing.T) {
	t.Parallel()
	for _, url := range []string{nobodyListens, "redis+cluster://127.0.0.1:1"} {
		run(t, url, "--ttl", "1s", "--", "true").awaitLog("connection refused")
	}
	for url, want := range map[string]int{ // go-redis reads it from URLs of one server not at all
		"redis://127.0.0.1": 1, "redis+cluster://127.0.0.1": 1, "redis+cluster://127.0.0.1?dialer_retries=3": 3,
		"redis+sentinel://127.0.0.1/main": 1, "redis+sentinel://127.0.0.1/main?dialer_retries=3": 3,
	} {
		client, err := connect(url)
		if err != nil {
			t.Fatal(err)
		}
		if got := dialsOf(client); got != want {
			t.Errorf("%s: dials %d times, want %d", url, got, want)
		}
		_ = client.Close()
	}
}

func dialsOf(client redis.UniversalClient) int {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return cluster.Options().DialerRetries
	}
	return client.(*redis.Client).Options().DialerRetries
}

// What the library calls otherwise, people know as flags.
func TestMessagesNameFlags(t *testing.T) {
	t.Parallel()
	i := start(t, []string{redisURLVariable + "=" + nobodyListens, "LEADER_INFO_KEY=same"}, "run", "--key", "same", "--", "true")
	i.status()
	for _, words := range []string{"--key and --info-key are both \"same\"", "--info-key is from LEADER_INFO_KEY"} {
		if text := i.stderr.String(); !strings.Contains(text, words) {
			t.Errorf("%q does not say %q", text, words)
		}
	}
	run(t, nobodyListens, "--ttl", "5s", "--heartbeat", "4s", "--", "true").awaitLog("--heartbeat leaves no room")
}

// Every command that asks says what silence may come of: nobody knows what a deadline is.
func TestQuestionsThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	link := redistest.NewProxy(t, redistest.Start(t).Addr())
	link.BlackHole()
	for _, args := range [][]string{{"status"}, {"history"}, {"list"}, {"resume"}, {"step-down", "--timeout", "1s"}, {"pause", "--timeout", "1s"}} {
		i := start(t, []string{redisURLVariable + "=redis://" + link.Addr()}, args...)
		if status, text := i.status(), i.stderr.String(); status != statusFailed || !strings.Contains(text, "no answer from Redis within") || !strings.Contains(text, "TLS") {
			t.Errorf("%s: exit status %d, %q", args[0], status, text)
		}
	}
}
