package rueidisstore

import (
	"testing"

	"github.com/redis/rueidis"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		store := New(connect(t, server.Addr()))
		storetest.Run(t, func(*testing.T) leaderelection.Store { return store })
	})
}

// connect returns a new client of a server, which the test closes. The embedded
// server knows no client-side caching.
func connect(t testing.TB, addr string) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
