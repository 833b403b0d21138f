//go:build unix

package main

import (
	"syscall"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

func TestOnLoseSaysHowTheCommandIsAskedToEnd(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	link := redistest.NewProxy(t, server.Addr())
	leader := run(t, "redis://"+link.Addr(), "--ttl", "15s", "--once", "--on-lose", "usr1", "--",
		"sh", "-c", "trap 'echo lost; exit 4' USR1; trap 'echo told' TERM; echo ready; while :; do sleep 0.01; done")
	leader.awaitOutput("ready")

	link.BlackHole()

	leader.awaitOutput("lost")
	link.Restore()
	if status := leader.status(); status != 4 { // --once: that was the first term
		t.Errorf("exit status %d, want the command's 4", status)
	}
	if got := leader.stdout.String(); got != "ready\nlost\n" {
		t.Errorf("printed %q", got)
	}
}

func TestWaitGivesUp(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--id", "first", "--", "sh", "-c", "echo ready; read line")
	leader.awaitOutput("ready")

	other := run(t, server.URL(), "--ttl", "1m", "--wait", "4s", "--", "echo", "started")

	if status := other.status(); status != statusWaited {
		t.Errorf("exit status %d, want %d", status, statusWaited)
	}
	other.awaitLog("--wait 4s: first leads")
	if got := other.stdout.String(); got != "" {
		t.Errorf("the command ran: %q", got)
	}
	select {
	case <-leader.exited:
		t.Error("the leader has ended")
	default:
	}
}

func TestWaitTellsWhyNobodyWasElected(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	redis := redisURLVariable + "=" + server.URL()
	if status := start(t, []string{redis}, "pause", "--key", "paused", "--by", "alice").status(); status != 0 {
		t.Fatalf("pause: exit status %d", status)
	}
	for says, args := range map[string][]string{
		"elections are paused by alice": {"--key", "paused"},
		"connection refused":            {"--redis", "redis://127.0.0.1:1"},
		"nobody may lead yet, for ":     {"--ttl", "1000h", "--redis", redistest.StartMini(t).URL()},
	} {
		candidate := start(t, []string{redis}, append(append([]string{"run", "--wait", "4s", "--quiet"}, args...), "--", "echo", "started")...)
		if status := candidate.status(); status != statusWaited {
			t.Errorf("%s: exit status %d, want %d", says, status, statusWaited)
		}
		candidate.awaitLog("not elected within --wait 4s: ")
		candidate.awaitLog(says)
	}
}

func TestWaitIsOverOnceElected(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--wait", "5s", "--", "sh", "-c", "sleep 6; exit 3")
	if status := leader.status(); status != 3 {
		t.Errorf("exit status %d, want the command's 3", status)
	}
}

func TestSignalNames(t *testing.T) {
	for name, want := range map[string]syscall.Signal{
		"term": syscall.SIGTERM, "kill": syscall.SIGKILL, "SIGUSR1": syscall.SIGUSR1, "usr2": syscall.SIGUSR2, "SigInt": syscall.SIGINT, "HUP": syscall.SIGHUP,
	} {
		if got, err := signalNamed(name); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "SIG", "9", "nonsense", "stop", "CONT", "TSTP"} {
		if got, err := signalNamed(name); err == nil {
			t.Errorf("%q is taken for %v", name, got)
		}
	}
}

// What a script makes of a variable that is not set, or of a time that is over.
func TestGivenAndEmpty(t *testing.T) {
	for says, args := range map[string][]string{
		"--key is empty":   {"pause", "--key", ""},
		"--key is empty: ": {"run", "--key", "", "--", "true"},
		"--for 0s: use":    {"pause", "--for", "0s"},
		"--wait 0s: use":   {"run", "--wait", "0", "--", "true"},
		"--heartbeat 5s: ": {"serve", "--ttl", "5s", "--heartbeat", "5s"},
	} {
		i := start(t, []string{redisURLVariable + "=redis://127.0.0.1:1"}, args...)
		if status := i.status(); status != statusFailed {
			t.Errorf("%q: exit status %d", args, status)
		}
		i.awaitLog(says)
	}
}
