//go:build unix

package main

import (
	"syscall"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

func TestOnLoseSaysHowTheCommandIsAskedToEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	link := redistest.NewProxy(t, server.Addr())
	leader := run(t, "redis://"+link.Addr(), "--ttl", "3s", "--once", "--on-lose", "usr1", "--",
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

	other := run(t, server.URL(), "--ttl", "1m", "--wait", "100ms", "--", "echo", "started")

	if status := other.status(); status != statusWaited {
		t.Errorf("exit status %d, want %d", status, statusWaited)
	}
	other.awaitLog("--wait 100ms")
	if got := other.stdout.String(); got != "" {
		t.Errorf("the command ran: %q", got)
	}
	select {
	case <-leader.exited:
		t.Error("the leader has ended")
	default:
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
