package redistest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

func TestSentinelFailsOverWhenThePrimaryDies(t *testing.T) {
	s, client := startSentinels(t)
	old := s.Servers[0]
	named := stopwatch(t, "after a crash")
	old.Kill()
	primary := s.AwaitPrimary(old)
	named()
	expectAt(t, client, primary)

	old.Restart() // as a primary without data, which must not last
	healthy := stopwatch(t, "healthy after the restart")
	s.AwaitHealth()
	healthy()
	expectAt(t, old.Client(t), old)
}

func TestSentinelFailsOverWhenTold(t *testing.T) {
	s, client := startSentinels(t)
	named := stopwatch(t, "when told")
	s.Failover()
	primary := s.AwaitPrimary(s.Servers[0])
	named()
	expectAt(t, client, primary)
	s.AwaitHealth()

	// And again, though not necessarily back.
	s.Failover()
	s.AwaitPrimary(primary)
	s.AwaitHealth()
}

func TestSentinelFailsOverWhenThePrimaryIsIsolated(t *testing.T) {
	s, client := startSentinels(t)
	old, isolated := s.Servers[0], s.IsolatedClient(t)
	expectRole(t, isolated, "master")

	named := stopwatch(t, "when isolated")
	s.Isolate()
	primary := s.AwaitPrimary(old)
	named()
	expectRole(t, isolated, "master")
	expectRole(t, old.Client(t), "master")
	if err := isolated.Set(t.Context(), "key", "lost", 0).Err(); err != nil {
		t.Errorf("the isolated primary refuses its own side: %v", err)
	}
	expectAt(t, client, primary)

	healthy := stopwatch(t, "healthy after the isolation")
	s.Heal()
	s.AwaitHealth()
	healthy()
	expectRole(t, old.Client(t), "slave")
	expectAt(t, old.Client(t), old)
	expectAt(t, isolated, primary)
}

// A client that learned of the other sentinels from one of them must not reach
// them past the proxies, or it would hear of the failover.
func TestSentinelIsolatedClientHearsNothing(t *testing.T) {
	s, _ := startSentinels(t)
	isolated := s.IsolatedClient(t)
	expectRole(t, isolated, "master")
	s.Isolate()
	s.AwaitPrimary(s.Servers[0])
	for range 20 {
		expectAt(t, isolated, s.Servers[0])
		time.Sleep(50 * time.Millisecond)
	}
	options := s.IsolatedOptions()
	options.DialTimeout, options.DialerRetries = 500*time.Millisecond, 1
	late := redis.NewFailoverClient(options)
	defer func() { _ = late.Close() }()
	if err := late.Ping(t.Context()).Err(); err == nil {
		t.Error("a new client on the isolated side found a primary")
	}
}

// startSentinels starts some whose servers all have the key that expectAt
// looks for.
func startSentinels(t *testing.T) (*redistest.Sentinels, *redis.Client) {
	t.Helper()
	started := stopwatch(t, "start")
	s := redistest.StartSentinels(t, 2)
	started()
	if s.Primary() != s.Servers[0] {
		t.Fatal("the first server is not the primary")
	}
	client := s.Client(t)
	if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Wait(t.Context(), 2, 10*time.Second).Result(); n != 2 || err != nil {
		t.Fatalf("%d replicas have the key, %v", n, err)
	}
	return s, client
}

// expectAt expects that the client finds the server, and there the key.
func expectAt(t *testing.T, client *redis.Client, server *redistest.Server) {
	t.Helper()
	id := runID(t, server.Client(t))
	eventually(t, "the client to find the server", func() bool {
		return strings.Contains(client.Info(t.Context(), "server").Val(), id)
	})
	if got, err := client.Get(t.Context(), "key").Result(); got != "value" {
		t.Errorf("there the key is %q, %v", got, err)
	}
}

func expectRole(t *testing.T, client *redis.Client, want string) {
	t.Helper()
	if got := role(t, client); got != want {
		t.Errorf("it is a %s, not a %s", got, want)
	}
}

func role(t *testing.T, client *redis.Client) string {
	t.Helper()
	_, rest, _ := strings.Cut(client.Info(t.Context(), "replication").Val(), "\r\nrole:")
	role, _, _ := strings.Cut(rest, "\r\n")
	return role
}

// stopwatch logs how long something took.
func stopwatch(t *testing.T, what string) (stop func()) {
	begin := time.Now()
	return func() { t.Logf("%s: %v", what, time.Since(begin).Round(time.Millisecond)) }
}
