package miniserver_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/leaderelection/internal/miniserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client of the server that asks once and never re-sends.
func connect(t *testing.T, s *miniserver.Server) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{
		Dialer:     func(context.Context, string, string) (net.Conn, error) { return s.Dial() },
		MaxRetries: -1,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func start(t *testing.T, opts ...miniserver.Option) (*miniserver.Server, *redis.Client) {
	t.Helper()
	s := miniserver.New(opts...)
	t.Cleanup(s.Close)
	return s, connect(t, s)
}

// field returns the value of a line of INFO.
func field(t *testing.T, client *redis.Client, section, name string) string {
	t.Helper()
	info, err := client.Info(t.Context(), section).Result()
	if err != nil {
		t.Fatalf("INFO %s: %v", section, err)
	}
	for line := range strings.SplitSeq(info, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}

func TestInfoIsAnsweredInsideScripts(t *testing.T) {
	_, client := start(t)

	id, err := client.Eval(t.Context(), `
		local info = redis.call('INFO', 'server')
		return info:match('\r\nrun_id:(%x+)\r\n')`, nil).Text()

	if err != nil || len(id) != 40 {
		t.Fatalf("run_id as a script sees it: %q, %v", id, err)
	}
	if outside := field(t, client, "server", "run_id"); outside != id {
		t.Errorf("run_id outside of scripts is %s, inside %s", outside, id)
	}
}

func TestUptimeFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := miniserver.New(miniserver.WithUptime(time.Hour))
		defer s.Close()
		client := connect(t, s)
		defer func() { _ = client.Close() }()

		time.Sleep(5 * time.Second)
		if got := field(t, client, "server", "uptime_in_seconds"); got != "3605" {
			t.Errorf("uptime %s after an hour and 5 s", got)
		}
		s.Restart()
		if _, err := client.Ping(t.Context()).Result(); err == nil {
			t.Error("a connection survived the restart")
		}
		if got := field(t, client, "server", "uptime_in_seconds"); got != "0" {
			t.Errorf("uptime %s just after a restart", got)
		}
	})
}

func TestFlushesAreCounted(t *testing.T) {
	s, client := start(t)
	ctx := t.Context()
	if got := field(t, client, "commandstats", "cmdstat_flushall"); got != "" {
		t.Fatalf("flushall before any: %s", got)
	}

	client.FlushAll(ctx)
	client.Eval(ctx, `return redis.call('FLUSHDB')`, nil)
	client.Do(ctx, "SWAPDB", 0, 1)

	for _, name := range []string{"cmdstat_flushall", "cmdstat_flushdb", "cmdstat_swapdb"} {
		if got := field(t, client, "commandstats", name); !strings.HasPrefix(got, "calls=1,") {
			t.Errorf("%s: %q", name, got)
		}
	}
	s.RestartKeepingData()
	client.Ping(ctx) // on the old connection
	if got := field(t, client, "commandstats", "cmdstat_flushall"); got != "" {
		t.Errorf("flushall after a restart: %s", got)
	}
}

func TestFaultsLastUntilCleared(t *testing.T) {
	s, client := start(t)
	ctx := t.Context()

	s.SetError("LOADING Redis is loading the dataset in memory")
	if err := client.Ping(ctx).Err(); !redis.HasErrorPrefix(err, "LOADING") {
		t.Errorf("PING while loading: %v", err)
	}
	s.SetError("")
	s.RefuseInfo(true)
	if err := client.Info(ctx, "server").Err(); !redis.HasErrorPrefix(err, "NOPERM") {
		t.Errorf("INFO while refused: %v", err)
	}
	refused, err := client.Eval(ctx, `return redis.pcall('INFO', 'server').err`, nil).Text()
	if err != nil || refused == "" {
		t.Errorf("INFO while refused, inside a script: %q, %v", refused, err)
	}
	s.RefuseInfo(false)
	s.MaskInfo(true)
	if text, err := client.Info(ctx, "server").Result(); err != nil || strings.Contains(text, "run_id") || !strings.Contains(text, "redis_version") {
		t.Errorf("INFO while masked: %q, %v", text, err)
	}
	s.MaskInfo(false)
	if err := client.Info(ctx, "server").Err(); err != nil {
		t.Errorf("INFO: %v", err)
	}
}

// A subscriber that doesn't read must not stop the server, as it doesn't stop a
// real one.
func TestSubscriberThatSleepsHarmsNobody(t *testing.T) {
	s, client := start(t)
	subscriber, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = subscriber.Close() }()
	if _, err := subscriber.Write([]byte("*2\r\n$9\r\nSUBSCRIBE\r\n$6\r\nevents\r\n")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for client.PubSubNumSub(ctx, "events").Val()["events"] == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}

	for range 100 {
		if err := client.Publish(ctx, "events", "elected").Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAfterCloseNothingAnswers(t *testing.T) {
	s, client := start(t)
	s.Close()
	s.Close()
	s.Restart()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a closed server answers")
	}
	if err := s.Start(); err == nil {
		t.Error("a closed server starts")
	}
}
