//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

// nobodyListens is the URL of a Redis that isn't there.
const nobodyListens = "redis://127.0.0.1:1"

func TestRunExitsWithTheCommandsStatus(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	for script, want := range map[string]int{
		"exit 0":      0,
		"exit 3":      3,
		"kill -9 $$":  128 + 9,
		"kill -15 $$": 128 + 15,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			i := run(t, server.URL(), "--key", "status "+script, "--", "sh", "-c", script)
			if status := i.status(); status != want {
				t.Errorf("exit status %d, want %d", status, want)
			}
		})
	}
}

// What is wrong with the command line shows before anything is tried: the Redis
// of these tests doesn't exist.
func TestRunRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "not-executable")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"unknown command":     {[]string{"no-such-command"}, 127, "no-such-command"},
		"missing file":        {[]string{"./no/such/file"}, 127, "./no/such/file"},
		"not executable":      {[]string{script}, 126, "permission denied"},
		"directory":           {[]string{t.TempDir()}, 126, "directory"},
		"no command":          {nil, 125, "for example: leader run -- ./worker"},
		"unknown flag":        {[]string{"--no-such-flag", "true"}, 125, "--no-such-flag"},
		"negative time":       {[]string{"--grace", "-1s", "true"}, 125, "--grace"},
		"TTL too short":       {[]string{"--ttl", "1ms", "true"}, 125, "--ttl"},
		"same key twice":      {[]string{"--key", "a", "--info-key", "a", "true"}, 125, `"a"`},
		"quiet and verbose":   {[]string{"-q", "-v", "true"}, 125, "quiet"},
		"not a URL":           {[]string{"--redis", "localhost:6379", "true"}, 125, "redis://host:port"},
		"key of the election": {[]string{"--key", "a", "--info-key", "{a}:lease", "true"}, 125, "{a}:lease"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := run(t, nobodyListens, test.args...)
			if status := i.status(); status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			if log := i.stderr.String(); !strings.Contains(log, test.says) || strings.Count(log, "leader: ") != 1 {
				t.Errorf("printed:\n%s\nwant one message, with %q in it", log, test.says)
			}
		})
	}
}

func TestRunWithoutRedisGivesAnExample(t *testing.T) {
	t.Parallel()
	i := start(t, nil, "run", "--", "true")
	if status := i.status(); status != statusFailed {
		t.Errorf("exit status %d, want %d", status, statusFailed)
	}
	if log := i.stderr.String(); !strings.Contains(log, redisURLVariable+"=redis://localhost:6379 leader run") {
		t.Errorf("no example in:\n%s", log)
	}
}

func TestF18RunWithAWrongPasswordFailsWithoutShowingIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("requirepass", "correct"))
	i := run(t, "redis://:hunter2@"+server.Addr(), "-v", "--", "true")
	if status := i.status(); status != statusFailed {
		t.Errorf("exit status %d, want %d", status, statusFailed)
	}
	log := i.stderr.String()
	if strings.Contains(log, "hunter2") {
		t.Errorf("the password is shown:\n%s", log)
	}
	if !strings.Contains(log, "password") {
		t.Errorf("the password is not named as the problem:\n%s", log)
	}
}

func TestRunTellsTheCommandWhoItIs(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := run(t, server.URL(), "--key", "reports", "--id", "me", "--", "sh", "-c", `echo "$LEADER_KEY $LEADER_ID $LEADER_TERM"`)
	if status := i.status(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	var key, id string
	var term int64
	if _, err := fmt.Sscan(i.stdout.String(), &key, &id, &term); err != nil || key != "reports" || id != "me" || term <= 0 {
		t.Errorf("the command saw %q", i.stdout.String())
	}
}

// The command's output doesn't go through leader, which could neither keep up nor
// be killed without losing some.
func TestRunPassesStandardFilesThrough(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := run(t, server.URL(), "-q", "--", "sh", "-c", "cat; echo to stderr >&2; exec readlink /proc/self/fd/1 2>/dev/null")
	if _, err := i.stdin.Write([]byte("to stdin\n")); err != nil {
		t.Fatal(err)
	}
	own, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", i.cmd.Process.Pid)) // on Linux
	if err := i.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	i.status()
	want := "to stdin\n"
	if err == nil {
		want += own + "\n"
	}
	if out := i.stdout.String(); out != want {
		t.Errorf("stdout is %q, want %q", out, want)
	}
	if log := i.stderr.String(); log != "to stderr\n" {
		t.Errorf("stderr is %q", log)
	}
}

func TestRunForwardsSignals(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := run(t, server.URL(), "--", "sh", "-c", `
		for signal in HUP QUIT USR1 USR2 WINCH; do trap "echo got $signal" $signal; done
		trap "exit 7" TERM
		(trap "" HUP QUIT USR1 USR2 WINCH; exec sleep 1000) & # the signals are sent to the whole group
		echo ready; while :; do wait; done # and not "sleep" in a loop: while dash starts a program it loses signals`)
	i.awaitOutput("ready")
	for name, sig := range map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "WINCH": syscall.SIGWINCH,
	} {
		i.signal(sig)
		i.awaitOutput("got " + name)
	}
	// A command that ends by itself when it is told to says with which status.
	i.signal(syscall.SIGTERM)
	if status := i.status(); status != 7 {
		t.Errorf("exit status %d, want 7", status)
	}
}

func TestRunRestartsAsACandidate(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := run(t, server.URL(), "--retry", "10ms", "--restart", "--", "sh", "-c", `echo "term $LEADER_TERM"; exit 4`)
	await(t, "four terms", func() bool { return strings.Count(i.stdout.String(), "term ") >= 4 })
	i.signal(syscall.SIGTERM)
	i.status()

	before := int64(0)
	for line := range strings.Lines(i.stdout.String()) {
		var term int64
		if _, err := fmt.Sscanf(line, "term %d", &term); err != nil || term <= before {
			t.Errorf("%q after term %d", line, before)
		}
		before = term
	}
}

func TestStoppedFollowerExitsWithZero(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--", "sleep", "1000")
	leader.awaitLog("leading")
	follower := run(t, server.URL(), "--", "echo", "never")
	follower.awaitLog("following")

	// What is meant for the command doesn't end an instance that has none.
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		follower.signal(sig)
	}
	time.Sleep(50 * time.Millisecond)
	follower.signal(syscall.SIGTERM)
	if status := follower.status(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	if out := follower.stdout.String(); out != "" {
		t.Errorf("the follower ran its command: %q", out)
	}
}
