//go:build unix

package main

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

// How terms end: the command, and all it has started, is dead before another
// instance's command begins.

// two starts two instances with the same witness for a command, and returns when
// the first leads and the second follows.
func two(t *testing.T, dir, url, secondURL string, flags []string, witness ...string) (leader, follower *instance) {
	t.Helper()
	args := func(id string) []string {
		return append(append([]string{"--id", id}, flags...), witnessCommand(dir, witness...)...)
	}
	leader = run(t, url, args("first")...)
	leader.awaitLog("leading")
	follower = run(t, secondURL, args("second")...)
	follower.awaitLog("following")
	return leader, follower
}

// A TTL of a minute makes sure that it isn't a timer that brings the next leader.
var unhurried = []string{"--ttl", "1m"}

// shortLease leaves a killed command 600ms to die in: enough on a busy machine.
var shortLease = []string{"--ttl", "6s"}

func TestCommandsEndHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader := run(t, server.URL(), "--ttl", "1m", "--", "sh", "-c", "read line; exit 5")
	leader.awaitLog("leading")
	follower := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "second"}, witnessCommand(dir)...)...)
	follower.awaitLog("following")

	_ = leader.stdin.Close()

	awaitWitnesses(t, dir, "second", 1)
	if status := leader.status(); status != 5 {
		t.Errorf("exit status %d, want 5", status)
	}
}

func TestF31LeaseIsReleasedOnlyAfterTheCommandHasEnded(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), unhurried, "-lingering", "300ms", "-family")
	awaitWitnesses(t, dir, "first", 2)

	leader.signal(syscall.SIGTERM)

	expectSuccession(t, dir, 2)
	if status := leader.status(); status != 0 {
		t.Errorf("exit status %d, want the command's 0", status)
	}
}

func TestStubbornCommandIsKilledAfterItsGrace(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), append(unhurried, "--grace", "100ms"), "-stubborn", "-family")
	awaitWitnesses(t, dir, "first", 2)

	leader.signal(syscall.SIGTERM)

	expectSuccession(t, dir, 2)
	if status := leader.status(); status != 128+9 {
		t.Errorf("exit status %d, want 137", status)
	}
}

func TestSecondSignalKillsTheCommand(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), append(unhurried, "--grace", "1h"), "-stubborn")
	awaitWitnesses(t, dir, "first", 1)

	leader.signal(syscall.SIGTERM)
	leader.awaitLog("stopping the command")
	sent := time.Now()
	await(t, "the second signal", func() bool {
		told := strings.Contains(leader.stderr.String(), "signalled again")
		if !told && time.Since(sent) > 2*echo { // and not more often: one that comes while leader exits kills that
			leader.signal(syscall.SIGTERM)
			sent = time.Now()
		}
		return told
	})

	expectSuccession(t, dir, 1)
	if status := leader.status(); status != 128+9 {
		t.Errorf("exit status %d, want 137", status)
	}
}

func TestStoppedCommandEndsToo(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--ttl", "1m", "--grace", "1h", "--", "sh", "-c", "kill -STOP $$")
	leader.awaitLog("leading")
	time.Sleep(50 * time.Millisecond) // to be stopped, most probably

	leader.signal(syscall.SIGTERM)

	if status := leader.status(); status != 128+15 && status != 0 {
		t.Errorf("exit status %d, want 143", status)
	}
}

func TestNothingOfTheGroupOutlivesTheCommand(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), unhurried, "-family")
	awaitWitnesses(t, dir, "first", 2)

	for _, each := range testimonies(t, dir, "first") {
		if strings.HasPrefix(each.file, "command-first-") {
			if err := syscall.Kill(each.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}

	expectSuccession(t, dir, 2)
	if status := leader.status(); status != 128+9 {
		t.Errorf("exit status %d, want 137", status)
	}
}

func TestF04CommandIsDeadBeforeAnotherStarts(t *testing.T) {
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	link := redistest.NewProxy(t, server.Addr())
	leader, follower := two(t, dir, "redis://"+link.Addr(), server.URL(), shortLease, "-stubborn", "-family")
	awaitWitnesses(t, dir, "first", 2)

	link.BlackHole()
	expectSuccession(t, dir, 2)

	// The one that was cut off takes part again (F32).
	link.Restore()
	leader.awaitLog("leader=second")
	before := len(testimonies(t, dir, "first"))
	_ = follower.cmd.Process.Kill()
	await(t, "another term of first", func() bool { return len(testimonies(t, dir, "first")) > before })
}

// While the command uses its --grace the lease is renewed. When that fails, the
// command's time is up as if it had not been asked first.
func TestF04LinkIsLostWhileTheCommandDrains(t *testing.T) {
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	link := redistest.NewProxy(t, server.Addr())
	leader, _ := two(t, dir, "redis://"+link.Addr(), server.URL(), append(shortLease, "--grace", "1h"), "-stubborn", "-family")
	awaitWitnesses(t, dir, "first", 2)

	leader.signal(syscall.SIGTERM)
	leader.awaitLog("stopping the command")
	time.Sleep(6500 * time.Millisecond) // longer than a lease: it is being renewed
	if late := testimonies(t, dir, "second"); len(late) != 0 {
		t.Fatalf("another started while the command was draining: %v", late)
	}
	link.BlackHole()

	expectSuccession(t, dir, 2)
	link.Restore()
	if status := leader.status(); status != 128+9 {
		t.Errorf("exit status %d, want 137", status)
	}
}

func TestDeposedLeadersCommandIsKilledAtOnce(t *testing.T) {
	t.Parallel()
	server, dir := settledRedis(t), t.TempDir()
	leader := run(t, server.URL(), append([]string{"--id", "first", "--key", "deposed", "--heartbeat", "200ms"}, witnessCommand(dir, "-stubborn")...)...)
	awaitWitnesses(t, dir, "first", 1)

	// An older program takes the lock away, and has a term of its own.
	client := server.Client(t)
	if err := client.Set(t.Context(), "deposed", "usurper", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}

	leader.awaitLog("deposed")
	leader.awaitLog("the command has ended")
	if log := leader.stderr.String(); !strings.Contains(log, "signal=killed") {
		t.Errorf("the command was given time:\n%s", log)
	}
	leader.awaitLog("leader=usurper")
}

func TestKilledLeaderTakesTheCommandWithIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can tie a process to its parent's life")
	}
	t.Parallel()
	server, dir := redistest.Start(t), t.TempDir()
	leader, _ := two(t, dir, server.URL(), server.URL(), shortLease, "-stubborn")
	awaitWitnesses(t, dir, "first", 1)

	if err := leader.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	leader.status() // and nobody is left who could print
	expectSuccession(t, dir, 1)
}

// timeout(1) signals leader, and then the process group that leader is in. That the second
// signal came late, on a busy machine, may happen once, but not each time.
func TestSignalThatComesTwiceAtOnceIsOne(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	for range 5 {
		leader := run(t, server.URL(), "--", "sh", "-c", `trap "sleep 1; echo clean; exit 0" TERM; echo ready; while :; do sleep 0.1; done`)
		leader.awaitOutput("ready")
		leader.signal(syscall.SIGTERM)
		leader.awaitLog("stopping the command")
		leader.signal(syscall.SIGTERM)
		if leader.status(); strings.Contains(leader.stdout.String(), "clean") {
			return
		}
	}
	t.Error("the command was killed")
}
