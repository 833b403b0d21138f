package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

// What only the guardian can see to: leader cannot act, and the command has to be dead
// before another instance's begins. Everybody here has a family: a child in the
// command's process group, and one that has left it (setsid).

var family = []string{"-stubborn", "-family", "-runaway"}

const familySize = 3

// guardianOf returns the process that guards the instance's command.
func guardianOf(t *testing.T, i *instance) int {
	t.Helper()
	var found int
	await(t, "a guardian", func() bool {
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			t.Fatal(err)
		}
		for _, stat := range stats {
			text, _ := os.ReadFile(stat) // it may have ended meanwhile
			fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
			if len(fields) > 1 && fields[1] == strconv.Itoa(i.cmd.Process.Pid) {
				found, _ = strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			}
		}
		return found != 0
	})
	return found
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatalf("send %v to %d: %v", sig, pid, err)
	}
}

// The case that leader itself could never handle: it is frozen, and its lease ends.
func TestF01FrozenLeadersCommandIsDeadBeforeAnotherStarts(t *testing.T) {
	for name, freeze := range map[string]func(t *testing.T, leader *instance){
		"leader":        func(_ *testing.T, leader *instance) { leader.signal(syscall.SIGSTOP) },
		"process group": func(t *testing.T, leader *instance) { kill(t, -leader.cmd.Process.Pid, syscall.SIGSTOP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, dir := redistest.Start(t), t.TempDir()
			leader, follower := two(t, dir, server.URL(), server.URL(), shortLease, family...)
			awaitWitnesses(t, dir, "first", familySize)

			freeze(t, leader)

			expectSuccession(t, dir, familySize)

			// Thawed, it takes part again, and with a new command.
			before := len(testimonies(t, dir, "first"))
			leader.signal(syscall.SIGCONT)
			leader.awaitLog("leader=second")
			kill(t, follower.cmd.Process.Pid, syscall.SIGKILL)
			await(t, "another term of first", func() bool { return len(testimonies(t, dir, "first")) > before })
		})
	}
}

func TestF31KilledLeaderTakesTheWholeFamilyWithIt(t *testing.T) {
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), append(shortLease, "--grace", "100ms"), family...)
	awaitWitnesses(t, dir, "first", familySize)

	kill(t, leader.cmd.Process.Pid, syscall.SIGKILL)

	leader.status() // nobody is left who could print
	expectSuccession(t, dir, familySize)
}

// A lease that nobody renews, and nobody can give back, may as well be used: the command
// of a killed leader has --grace to end, but never more than the lease.
func TestKilledLeadersCommandMayEndInPeace(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--", "sh", "-c", "trap 'sleep 0.2; echo in peace; exit' TERM; echo ready; read line")
	leader.awaitOutput("ready")

	kill(t, leader.cmd.Process.Pid, syscall.SIGKILL)

	leader.awaitOutput("in peace")
}

func TestF31NothingOutsideTheGroupOutlivesTheCommand(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), append(unhurried, "--grace", "100ms"), family...)
	awaitWitnesses(t, dir, "first", familySize)

	leader.signal(syscall.SIGTERM)

	expectSuccession(t, dir, familySize)
	if status := leader.status(); status != 128+9 {
		t.Errorf("exit status %d, want 137", status)
	}
}

func TestF31KilledGuardianTakesTheCommandWithIt(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), unhurried, family...)
	awaitWitnesses(t, dir, "first", familySize)

	kill(t, guardianOf(t, leader), syscall.SIGKILL)

	expectSuccession(t, dir, familySize) // the lease was given back
	leader.awaitLog("the guardian of the command is gone")
	leader.awaitLog("leader=second")
}

func TestF04FrozenGuardianIsKilledInTime(t *testing.T) {
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	link := redistest.NewProxy(t, server.Addr())
	leader, _ := two(t, dir, "redis://"+link.Addr(), server.URL(), shortLease, family...)
	awaitWitnesses(t, dir, "first", familySize)

	kill(t, guardianOf(t, leader), syscall.SIGSTOP)
	link.BlackHole()

	expectSuccession(t, dir, familySize)
	leader.awaitLog("the guardian of the command has not ended it in time")
	link.Restore()
}

// systemd and others signal every process of a service.
func TestGuardianIsNotEndedBySignals(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--", "sh", "-c", "echo ready; read line; echo read $line; exit 3")
	leader.awaitOutput("ready")
	guardian := guardianOf(t, leader)

	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2} {
		kill(t, guardian, sig)
	}

	_, _ = fmt.Fprintln(leader.stdin, "a line")
	if status := leader.status(); status != 3 {
		t.Errorf("exit status %d, want the command's 3", status)
	}
	if got := leader.stdout.String(); got != "ready\nread a line\n" {
		t.Errorf("printed %q", got)
	}
}

func TestGuardianByHand(t *testing.T) {
	t.Parallel()
	i := start(t, nil, guardianName)
	if status := i.status(); status != statusFailed {
		t.Errorf("exit status %d, want %d", status, statusFailed)
	}
	i.awaitLog("guardian is started by leader run")
}

// withSpare returns a leader that ends with its standard input, and a follower whose
// guardian nobody needs until then.
func withSpare(t *testing.T) (server *redistest.Mini, leader, follower *instance) {
	t.Helper()
	server = settledRedis(t)
	leader = run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "first"}, reader...)...)
	leader.awaitLog("leading")
	follower = run(t, server.URL(), "--ttl", "1m", "--", "sh", "-c", "echo ready; exit 3")
	follower.awaitLog("following")
	return server, leader, follower
}

func TestSpareGuardianThatIsDead(t *testing.T) {
	t.Parallel()
	_, leader, follower := withSpare(t)
	kill(t, guardianOf(t, follower), syscall.SIGKILL)

	_ = leader.stdin.Close()

	if status := follower.status(); status != 3 || follower.stdout.String() != "ready\n" {
		t.Errorf("exit status %d, printed %q", status, follower.stdout.String())
	}
}

func TestSpareGuardianThatIsFrozen(t *testing.T) {
	t.Parallel()
	server, leader, follower := withSpare(t)
	kill(t, guardianOf(t, follower), syscall.SIGSTOP)
	other := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "other"}, reader...)...)
	other.awaitLog("following")
	kill(t, guardianOf(t, other), syscall.SIGSTOP)

	other.signal(syscall.SIGTERM) // a follower ends nevertheless
	if status := other.status(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	_ = leader.stdin.Close() // and one that is elected gives the lead up, and has a new guardian for the next time

	if status := follower.status(); status != 3 || follower.stdout.String() != "ready\n" {
		t.Errorf("exit status %d, printed %q", status, follower.stdout.String())
	}
	follower.awaitLog("did not react")
}

// Bytes that are no text, and descriptors, get to the command as they were given.
func TestCommandGetsWhatLeaderGot(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	for _, script := range []string{
		`"$0" run --ttl 1m -- sh -c 'printf %s "$1" | od -An -tx1' sh "$(printf 'a\351')"`,
		`"$0" run --ttl 1m -- sh -c 'cat <&3; cat <&4' 3<"$1" 4<"$1"`,
	} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte("content\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", script, os.Args[0], file)
		cmd.Env = append(os.Environ(), beLeader+"=1", quickExit, redisURLVariable+"="+server.URL())
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if got := string(out); got != " 61 e9\n" && got != "content\ncontent\n" {
			t.Errorf("%s printed %q", script, got)
		}
	}
}

// What a shell has started before it became leader is not of the command.
func TestOtherChildrenOfLeaderAreLetLive(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	cmd := exec.Command("sh", "-c", `sleep 60 & echo $!; exec "$0" run --ttl 1m -- sh -c 'exit 3'`, os.Args[0])
	cmd.Env = append(os.Environ(), beLeader+"=1", quickExit, redisURLVariable+"="+server.URL())
	var stdout output
	cmd.Stdout = &stdout
	cmd.WaitDelay = time.Second
	err := cmd.Run() // the sleep holds its output open, and says so by an error
	pid, _ := strconv.Atoi(strings.TrimSpace(stdout.String()))
	if pid == 0 {
		t.Fatalf("%v, printed %q", err, stdout.String())
	}
	kill(t, pid, syscall.SIGKILL) // fails if it is gone
	if status := cmd.ProcessState.ExitCode(); status != 3 {
		t.Errorf("exit status %d, want the command's 3", status)
	}
}

// A command that leaves its own process group, and ignores signals.
func TestF31CommandThatLeavesItsGroupIsKilled(t *testing.T) {
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), shortLease, "-stubborn", "-leaves")
	awaitWitnesses(t, dir, "first", 2)

	leader.signal(syscall.SIGSTOP)

	expectSuccession(t, dir, 2)
}

func TestOrphansOfTheCommandAreReaped(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--", "sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.01 & echo $!); done; echo done; read line")
	leader.awaitOutput("done")
	await(t, "the orphans to be gone", func() bool {
		for _, pid := range strings.Fields(leader.stdout.String()) {
			if _, err := os.Stat("/proc/" + pid); pid != "done" && err == nil {
				return false
			}
		}
		return true
	})
}
