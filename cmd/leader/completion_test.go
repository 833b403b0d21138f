//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection/internal/redistest"
)

// completed is what a shell is offered after these words, and whether files are.
func completed(t *testing.T, env []string, words ...string) (offered []string, files bool) {
	t.Helper()
	i := start(t, env, append([]string{"__complete"}, words...)...)
	if status := i.status(); status != 0 {
		t.Errorf("%v: exit status %d", words, status)
	}
	if text := i.stderr.String(); strings.Contains(text, "leader:") || strings.Count(text, "\n") > 1 { // but for cobra's own line
		t.Errorf("%v: says\n%s", words, text)
	}
	lines := strings.Split(strings.TrimSpace(i.stdout.String()), "\n")
	directive := lines[len(lines)-1]
	return lines[:len(lines)-1], directive == fmt.Sprintf(":%d", cobra.ShellCompDirectiveDefault)
}

// expectNames asks until these are offered: a busy machine may take longer to find them than a
// shell is kept waiting, and then offers nothing.
func expectNames(t *testing.T, env []string, want string, words ...string) {
	t.Helper()
	var offered []string
	defer func() {
		if got := strings.Join(offered, " "); got != want {
			t.Logf("offered was, the last time, %q", got)
		}
	}()
	await(t, fmt.Sprintf("%q to complete to %q", words, want), func() bool {
		var files bool
		if offered, files = completed(t, env, words...); files {
			t.Errorf("%q: files are offered", words)
		}
		return strings.Join(offered, " ") == want
	})
}

func TestFlagsComplete(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"status --output ": "table json yaml", "list -o ": "table json yaml", "watch --output=": "table json yaml", "run --on-lose ": "term kill int hup quit usr1 usr2",
		"run --grace ": "", "status ": "", "run --tls-ca ": "files", "serve --tls-key ": "files", "run ": "files", "run -- ./worker ": "files",
	} {
		offered, files := completed(t, nil, strings.Split(words, " ")...)
		got := strings.Join(offered, " ")
		if files {
			got += "files"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func TestKeyCompletesToTheElections(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	for _, name := range []string{"weekly", "nightly", "two words", "\x1b[31m"} {
		if err := server.Client(t).HSet(t.Context(), "{"+name+"}:term", "term", 7).Err(); err != nil {
			t.Fatal(err)
		}
	}
	file := configured(t, "redis: "+server.URL(), 0o600)
	for _, env := range [][]string{{redisURLVariable + "=" + server.URL()}, {"LEADER_CONFIG=" + file}} {
		for _, command := range []string{"run", "serve", "status", "watch", "history"} {
			expectNames(t, env, "nightly weekly", command, "--key", "")
		}
	}
	expectNames(t, nil, "nightly weekly", "status", "--redis", server.URL(), "--key", "")
}

func TestStepDownCompletesToTheCandidates(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	candidates(t, server.URL(), "first", "second", "third")
	expectNames(t, []string{redisURLVariable + "=" + server.URL()}, "second third", "step-down", "--key", "nightly", "--to", "") // all but the leader
}

// Nobody waits for long, or reads of it, where the elections can't be known.
func TestKeyCompletesToNothingInTime(t *testing.T) {
	t.Parallel()
	silent := redistest.NewProxy(t, redistest.StartMini(t).Addr())
	silent.BlackHole()
	for name, env := range map[string]string{
		"no Redis":           redisURLVariable + "=",
		"refused":            redisURLVariable + "=" + nobodyListens,
		"not a URL":          redisURLVariable + "=hunter",
		"silent":             redisURLVariable + "=redis://" + silent.Addr(),
		"silent sentinels":   redisURLVariable + "=rediss+sentinel://" + silent.Addr() + "/main",
		"a file that is not": "LEADER_CONFIG=/no/such/file",
		"a misspelt setting": "LEADER_CONFIG=" + configured(t, "nonsense: 7", 0o600),
	} {
		begun := time.Now()
		offered, files := completed(t, []string{env}, "status", "--key", "")
		if took := time.Since(begun); len(offered) > 0 || files || took > 8*completionTimeout { // a busy machine takes its time to start a process; clients that wait for silent sentinels take eleven seconds
			t.Errorf("%s: %q after %v", name, offered, took)
		}
	}
}

func TestEveryShellHasAScript(t *testing.T) {
	t.Parallel()
	for shell, has := range map[string]string{"bash": "complete -o default", "zsh": "#compdef leader", "fish": "complete -c leader", "powershell": "Register-ArgumentCompleter"} {
		i := start(t, nil, "completion", shell)
		if status := i.status(); status != 0 || !strings.Contains(i.stdout.String(), has) {
			t.Errorf("%s: exit status %d, and no %q in it", shell, status, has)
		}
	}
}
