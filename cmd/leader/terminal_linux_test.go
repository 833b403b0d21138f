package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/leaderelection/internal/redistest"
)

// atTestTerminal starts "leader run" as somebody does who sits at a terminal.
// What is typed goes to the returned instance's stdin.
func atTestTerminal(t *testing.T, url string, args ...string) *instance {
	t.Helper()
	return startAtTerminal(t, url, append([]string{"run"}, args...)...)
}

// startAtTerminal is any other command there.
func startAtTerminal(t *testing.T, url string, args ...string) *instance {
	t.Helper()
	keyboard, screen := openTerminal(t)
	i := &instance{t: t, stdin: keyboard, exited: make(chan struct{})}
	i.cmd = exec.Command(os.Args[0], args...)
	i.cmd.Env = append(os.Environ(), beLeader+"=1", quickExit, "TERM=xterm", redisURLVariable+"="+url)
	i.cmd.Stdin, i.cmd.Stdout, i.cmd.Stderr = screen, screen, &i.stderr
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = screen.Close()

	shown := make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = keyboard.WriteTo(&i.stdout) // fails when the terminal's last user is gone
	}()
	go func() {
		i.end = i.cmd.Wait()
		close(i.exited)
	}()
	t.Cleanup(func() {
		_ = i.cmd.Process.Kill()
		<-i.exited
		<-shown
		_ = keyboard.Close()
		if t.Failed() {
			t.Logf("%v printed:\n%s%s", args, i.stdout.String(), i.stderr.String())
		}
	})
	return i
}

// openTerminal returns both ends of a new pseudo-terminal.
func openTerminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	// Not blocking, so that Close interrupts a Read.
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	keyboard = os.NewFile(uintptr(fd), "/dev/ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return keyboard, screen
}

func (i *instance) types(text string) {
	i.t.Helper()
	if _, err := i.stdin.Write([]byte(text)); err != nil {
		i.t.Fatal(err)
	}
}

const (
	ctrlC = "\x03"
	ctrlZ = "\x1a"
)

func TestCommandOwnsTheTerminal(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := atTestTerminal(t, server.URL(), "--restart", "--retry", "10ms", "--",
		"sh", "-c", `echo "ready"; read line; echo "read: $line"`)

	// In every term, and not stopped by ctrl-Z, which would stop work under a lease
	// that is being renewed.
	for n := range 3 {
		await(t, "the command", func() bool { return strings.Count(i.stdout.String(), "ready") == n+1 })
		line := fmt.Sprintf("line %d", n)
		i.types(ctrlZ)
		i.types(line + "\n")
		i.awaitOutput("read: " + line)
	}
}

func TestCtrlCEndsCommandAndLeader(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := atTestTerminal(t, server.URL(), "--restart", "--", "sh", "-c", `echo ready; exec sleep 1000`)
	i.awaitOutput("ready")

	i.types(ctrlC)

	if status := i.status(); status != 128+2 {
		t.Errorf("exit status %d, want 130", status)
	}
}

func TestCtrlCEndsAFollower(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	leader := run(t, server.URL(), "--", "sleep", "1000")
	leader.awaitLog("leading")
	follower := atTestTerminal(t, server.URL(), "--", "echo", "never")
	follower.awaitLog("following")

	follower.types(ctrlC)

	if status := follower.status(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// What asking again can't mend ends a live view too, as it ends leader status.
func TestLiveWatchEndsWhereRedisRefuses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("requirepass", "secret"))
	i := startAtTerminal(t, "redis://"+server.Addr(), "watch")
	if status := i.status(); status != statusFailed {
		t.Errorf("exit status %d, want %d", status, statusFailed)
	}
	if text := i.stderr.String(); !strings.HasPrefix(text, "leader: Redis asks for a password") {
		t.Errorf("says %q", text)
	}
}

func TestClosedTerminalEndsLeader(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	i := atTestTerminal(t, server.URL(), "--restart", "--", "sh", "-c", `echo ready; exec sleep 1000`)
	i.awaitOutput("ready")

	_ = i.stdin.Close()

	if status := i.status(); status != 128+1 {
		t.Errorf("exit status %d, want 129", status)
	}
}
