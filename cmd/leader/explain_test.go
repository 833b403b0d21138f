//go:build unix

package main

import (
	"strings"
	"testing"

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
