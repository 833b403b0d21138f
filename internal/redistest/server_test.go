package redistest_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/leaderelection/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func runID(t *testing.T, client *redis.Client) string {
	t.Helper()
	info, err := client.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatalf("INFO server: %v", err)
	}
	_, rest, _ := strings.Cut(info, "\r\nrun_id:")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

func TestEachServerForgetsAndRemembersAlike(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		client, ctx, addr := server.Client(t), t.Context(), server.Addr()
		ids := map[string]bool{runID(t, client): true}
		set := func(value string) {
			t.Helper()
			if err := client.Set(ctx, "key", value, 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(after, want string) {
			t.Helper()
			if got := client.Get(ctx, "key").Val(); got != want {
				t.Errorf("after %s the key is %q, want %q", after, got, want)
			}
			id := runID(t, client)
			if ids[id] {
				t.Errorf("after %s the server has a run_id it had before", after)
			}
			ids[id] = true
			if server.Addr() != addr {
				t.Errorf("after %s the server moved from %s to %s", after, addr, server.Addr())
			}
		}

		set("old")
		server.SaveSnapshot()
		set("new")
		server.RestartKeepingData()
		expect("a restart with its data", "new")
		server.RestartFromSnapshot()
		expect("a restart from a snapshot", "old")
		server.RestartEmpty()
		expect("a restart without data", "")
	})
}

func TestEachServerRefusesInfoUntilRestarted(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		client := server.Client(t)
		server.RefuseInfo()
		if err := client.Info(t.Context(), "server").Err(); !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("INFO while refused: %v", err)
		}
		server.RestartKeepingData()
		runID(t, client)
	})
}

func TestEachServerGetsOld(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		server.AwaitUptime(time.Second)
		info := server.Client(t).Info(t.Context(), "server").Val()
		if strings.Contains(info, "\r\nuptime_in_seconds:0\r\n") {
			t.Error("uptime is still 0")
		}
	})
}

func TestRestartWithoutAOFLosesData(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	client.Set(t.Context(), "key", "value", 0)
	server.Restart()
	if n, err := client.DBSize(t.Context()).Result(); n != 0 || err != nil {
		t.Errorf("%d keys survived, %v", n, err)
	}
}

func TestConfigurationAndPassword(t *testing.T) {
	server := redistest.Start(t, redistest.WithConfig("maxmemory", "3mb"), redistest.WithConfig("requirepass", "p@ss word"))
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	if got, err := client.ConfigGet(t.Context(), "maxmemory").Result(); err != nil || got["maxmemory"] != "3145728" {
		t.Errorf("maxmemory: %v, %v", got, err)
	}
}

func TestServerIsGoneAfterStopAndKill(t *testing.T) {
	server := redistest.Start(t)
	server.Stop()
	expectRefusal(t, server.Addr())
	server.Restart()
	server.Kill()
	server.Kill()
	expectRefusal(t, server.Addr())
}

func TestCleanupEndsTheServer(t *testing.T) {
	var addr string
	t.Run("with a server", func(t *testing.T) { addr = redistest.Start(t).Addr() })
	expectRefusal(t, addr)
}

func expectRefusal(t *testing.T, addr string) {
	t.Helper()
	if conn, err := net.Dial("tcp", addr); err == nil {
		_ = conn.Close()
		t.Errorf("somebody listens on %s", addr)
	}
}

// fatal is a test that notes with what message it was failed.
type fatal struct {
	testing.TB
	message string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestMissingRedisFailsTheTest(t *testing.T) {
	t.Setenv("PATH", "")
	test := &fatal{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		redistest.Start(test)
	}()
	<-done
	if !strings.Contains(test.message, "make setup") {
		t.Errorf("it says %q", test.message)
	}
}
