//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

// A Redis that is slow while resume waits to see who leads.
func TestResumeThatTakesLong(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client(t)
	ask(t, server.URL(), 0, "pause", "--key", "nightly")
	admin.Do(t.Context(), "ZADD", "{nightly}:candidates", fmt.Sprint(time.Now().Add(time.Hour).UnixMilli()), "somebody")
	server.Pause()
	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "resume", "--key", "nightly")
	time.AfterFunc(4500*time.Millisecond, server.Resume)
	if status := i.status(); strings.Contains(i.stderr.String(), "panic") || status != 0 && status != statusFailed {
		t.Errorf("exit status %d\n%s", status, i.stderr.String())
	}
}

func TestTimeoutOfSteering(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	env := []string{redisURLVariable + "=" + server.URL()}
	leader := run(t, server.URL(), "--key", "nightly", "--ttl", "1m", "--id", "stubborn", "--grace", "1h", "--", "sh", "-c", `trap "" TERM; echo ready; while :; do sleep 0.1; done`)
	defer leader.endAtOnce()
	leader.awaitOutput("ready")
	for _, command := range []string{"step-down", "pause"} {
		i := start(t, env, command, "--key", "nightly", "--timeout", "3s")
		if status := i.status(); status != statusWaited || !strings.Contains(i.stderr.String(), "stubborn") {
			t.Errorf("%s: exit status %d, want %d\n%s", command, status, statusWaited, i.stderr.String())
		}
		i = start(t, env, command, "--key", "nightly", "--timeout", "0")
		if status := i.status(); status != statusFailed || !strings.Contains(i.stderr.String(), "greater than zero") {
			t.Errorf("%s --timeout 0: exit status %d\n%s", command, status, i.stderr.String())
		}
	}
}

// 124 says that the leader goes on with what it was asked for. Where Redis doesn't
// answer, nobody was asked.
func TestSteeringWhereRedisDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Pause()
	defer server.Resume()
	for _, command := range []string{"step-down", "pause"} {
		if status := start(t, []string{redisURLVariable + "=" + server.URL()}, command, "--key", "nightly", "--timeout", "2s").status(); status != statusFailed {
			t.Errorf("%s: exit status %d, want %d", command, status, statusFailed)
		}
	}
}

// What others are called must not be obeyed by a terminal.
func TestErrorsAreNotObeyed(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	const evil = "e\x1b]0;owned\avil"
	run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--id", evil}, reader...)...).awaitLog("leading")
	ask(t, server.URL(), 0, "pause", "--key", "nightly", "--keep-leader", "--by", evil)
	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "step-down", "--key", "nightly")
	if i.status(); strings.Contains(i.stderr.String(), "\x1b") || !strings.Contains(i.stderr.String(), "paused by") {
		t.Errorf("%q", i.stderr.String())
	}
}

// A pause that is over before the leader has stopped: somebody else leads then.
func TestPauseThatIsShorterThanTheLeadersGrace(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	run(t, server.URL(), "--key", "nightly", "--ttl", "1m", "--id", "slow", "--", "sh", "-c", `trap "sleep 2; exit" TERM; echo ready; while :; do sleep 0.1; done`).awaitOutput("ready")
	run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--id", "second"}, reader...)...).awaitLog("following")
	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "pause", "--key", "nightly", "--for", "1s", "--timeout", "1m")
	if status := i.status(); status != 0 {
		t.Errorf("exit status %d: %s", status, i.stderr.String())
	}
}
