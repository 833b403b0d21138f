package redistest

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// AwaitUptime returns once the server has been up for d by its own count, which
// is in whole seconds. Until then it may have lost its memory, for all that its
// clients know.
func (s *Server) AwaitUptime(d time.Duration) {
	s.t.Helper()
	var uptime time.Duration
	for deadline := time.Now().Add(d + patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		s.ask(func(ctx context.Context, client *redis.Client) error {
			seconds, err := strconv.Atoi(infoField(ctx, client, "uptime_in_seconds"))
			uptime = time.Duration(seconds) * time.Second
			return err
		})
		if uptime >= d {
			return
		}
	}
	s.t.Fatalf("redistest: the server has been up for only %v, waited for %v", uptime, d)
}

// Clients is what CLIENT LIST says, "" of a server that has ended.
func (s *Server) Clients() (list string) {
	s.t.Helper()
	if s.hasEnded() {
		return ""
	}
	s.ask(func(ctx context.Context, client *redis.Client) (err error) {
		list, err = client.ClientList(ctx).Result()
		return err
	})
	return list
}

// RefuseInfo takes the permission to use INFO away from all users, until the server
// is restarted.
func (s *Server) RefuseInfo() {
	s.t.Helper()
	users, _ := s.must("ACL", "USERS").([]any)
	for _, user := range users {
		s.must("ACL", "SETUSER", user, "-info")
	}
}

// PermitUser adds rules to those of a user, who is there after a restart too.
func (s *Server) PermitUser(name string, rules ...any) {
	s.t.Helper()
	s.must(append([]any{"ACL", "SETUSER", name}, rules...)...)
	s.must("ACL", "SAVE")
}

// ask asks the server something on a connection of its own, and fails the test
// if that fails.
func (s *Server) ask(question func(context.Context, *redis.Client) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	s.mustDo("ask "+s.Addr(), question(ctx, client))
}

// infoField returns one line's value of INFO server, "" if there is no answer.
func infoField(ctx context.Context, client *redis.Client, name string) string {
	return fieldOf(client.Info(ctx, "server").Val(), name)
}

// fieldOf returns the value of one line of what INFO and its like answer.
func fieldOf(text, name string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}

func newClient(t testing.TB, options *redis.Options) *redis.Client {
	t.Helper()
	options.ContextTimeoutEnabled = true // as the documentation recommends
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
