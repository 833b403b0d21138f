//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

// testPatience bounds every wait. What a test waits for comes much sooner, but on a
// busy machine.
const testPatience = 20 * time.Second

// quickExit has a program that was built with the race detector exit at once, as
// others do, and not after a second.
const quickExit = "GORACE=atexit_sleep_ms=0"

// instance is one leader process.
type instance struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout output
	stderr output
	exited chan struct{}
	end    error // of cmd.Wait, once exited
}

// start starts "leader" with the arguments. It is killed at the end of the test,
// and its standard input ends, so that witnesses end too.
func start(t *testing.T, env []string, args ...string) *instance {
	t.Helper()
	i := &instance{t: t, cmd: exec.Command(os.Args[0], args...), exited: make(chan struct{})}
	i.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, redisURLVariable+"=") || strings.HasPrefix(entry, "LEADER_")
	}), slices.Concat([]string{"LEADER_CONFIG=" + os.DevNull}, env, []string{beLeader + "=1", quickExit})...)
	i.cmd.Stdout, i.cmd.Stderr = &i.stdout, &i.stderr
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell starts it
	i.cmd.WaitDelay = testPatience / 2
	stdin, err := i.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	i.stdin = stdin
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		i.end = i.cmd.Wait()
		close(i.exited)
	}()
	t.Cleanup(func() {
		_ = i.cmd.Process.Kill()
		_ = i.stdin.Close()
		<-i.exited
		if t.Failed() {
			t.Logf("%v printed:\n%s%s", args, i.stdout.String(), i.stderr.String())
		}
	})
	return i
}

// run starts "leader run" on the Redis at url.
func run(t *testing.T, url string, args ...string) *instance {
	t.Helper()
	return start(t, []string{redisURLVariable + "=" + url}, append([]string{"run"}, args...)...)
}

// status waits for the process to exit, and for its output to be complete: until
// everybody who could write to it is gone.
func (i *instance) status() int {
	i.t.Helper()
	select {
	case <-i.exited:
	case <-time.After(testPatience):
		i.t.Fatalf("%v has not exited", i.cmd.Args)
	}
	if errors.Is(i.end, exec.ErrWaitDelay) {
		i.t.Errorf("%v has exited, and left a process behind that could still print", i.cmd.Args)
	}
	return i.cmd.ProcessState.ExitCode()
}

func (i *instance) signal(sig syscall.Signal) {
	i.t.Helper()
	if err := i.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		i.t.Fatalf("send %v: %v", sig, err)
	}
}

// endAtOnce ends it with a command that is stubborn: a second signal kills that.
func (i *instance) endAtOnce() {
	for range 200 {
		i.signal(syscall.SIGTERM)
		select {
		case <-i.exited:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (i *instance) awaitOutput(text string) {
	i.t.Helper()
	await(i.t, "the output "+text, func() bool { return strings.Contains(i.stdout.String(), text) })
}

func (i *instance) awaitLog(text string) {
	i.t.Helper()
	await(i.t, "the log line "+text, func() bool { return strings.Contains(i.stderr.String(), text) })
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// attempts does again, up to twice, what a busy machine may have spoilt.
func attempts(do func() (good bool)) {
	for range 3 {
		if do() {
			return
		}
	}
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// settledRedis is an embedded Redis that has been up for so long that it cannot
// have forgotten a lease: the first election on it is won at once.
func settledRedis(t *testing.T) *redistest.Mini {
	t.Helper()
	server := redistest.StartMini(t)
	server.AwaitUptime(time.Hour)
	return server
}
