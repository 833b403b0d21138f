package redisstore_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

func TestCheckRefusesClientsThatCanNeverWork(t *testing.T) {
	t.Parallel()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	t.Cleanup(func() { _ = ring.Close() })
	for _, c := range []struct {
		what   string
		client redis.UniversalClient
		says   string
	}{
		{"no client", nil, "needs a client"},
		{"a nil *Client", (*redis.Client)(nil), "nil *redis.Client"},
		{"a nil *ClusterClient", (*redis.ClusterClient)(nil), "nil *redis.ClusterClient"},
		{"a Ring", ring, "redis.Ring"},
	} {
		_, err := leaderelection.New(redisstore.New(c.client), &leaderelection.Config{}, leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: New returned %v, want an error that says %q", c.what, err, c.says)
		}
	}
}
