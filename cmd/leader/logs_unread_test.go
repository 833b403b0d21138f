//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		log := newUnblocked(writer)
		defer close(log.lines)
		began := time.Now()
		for n := range logBacklog + 8 {
			_, _ = fmt.Fprintf(log, "line %d\n", n)
		}
		if took := time.Since(began); took != logPatience {
			t.Errorf("they took %v, want %v for the first, and no time for the others", took, logPatience)
		}

		var read bytes.Buffer
		go func() { _, _ = io.Copy(&read, reader) }()
		synctest.Wait()
		lines := strings.SplitAfter(read.String(), "\n")
		// One is being written, and as many as fit are kept.
		if len(lines) != logBacklog+3 || lines[0] != "line 0\n" || lines[logBacklog] != fmt.Sprintf("line %d\n", logBacklog) ||
			!strings.HasSuffix(lines[logBacklog+1], "lost=7\n") {
			t.Errorf("%d lines, from %q to %q", len(lines), lines[0], lines[max(0, len(lines)-3):])
		}

		_, _ = fmt.Fprint(log, "another\n")
		synctest.Wait()
		if !strings.HasSuffix(read.String(), "another\n") {
			t.Error("a line is not written at once that is read again")
		}
		_ = writer.Close()
	})
}

// At its end leader waits for a reader that is slow, and not for ever for one that isn't there.
func TestLogIsCompleteAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		log := newUnblocked(writer)
		defer close(log.lines)
		for n := range 3 {
			_, _ = fmt.Fprintf(log, "line %d\n", n)
		}
		var read output
		go func() {
			time.Sleep(lastPatience / 2)
			_, _ = io.Copy(&read, reader)
		}()
		log.flush()
		synctest.Wait()
		if got := read.String(); got != "line 0\nline 1\nline 2\n" {
			t.Errorf("read at the end: %q", got)
		}
		_ = writer.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		log := newUnblocked(writer)
		defer close(log.lines)
		_, _ = fmt.Fprint(log, "unread\n")
		began := time.Now()
		log.flush()
		if took := time.Since(began); took != lastPatience {
			t.Errorf("it waits for %v", took)
		}
		_ = reader.Close()
	})
}

// A terminal after ctrl-S: the work is done, and the lease is handed over, all the same.
func TestRunWhoseLogNobodyReads(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	first := exec.Command(os.Args[0], "run", "--ttl", "1m", "--id", "first", "--", "sh", "-c", "echo works; read until")
	first.Env = append(os.Environ(), redisURLVariable+"="+server.URL(), "LEADER_CONFIG="+os.DevNull, beLeader+"=1", quickExit)
	first.Stderr = fullPipe(t)
	var stdout output
	first.Stdout = &stdout
	stdin, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Process.Kill() })
	exited := make(chan error, 1)
	go func() { exited <- first.Wait() }()
	await(t, "the command", func() bool { return strings.Contains(stdout.String(), "works") })

	second := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "second"}, reader...)...)
	second.awaitLog("following")
	_ = stdin.Close()
	second.awaitLog("leading")
	select {
	case err := <-exited:
		if status := first.ProcessState.ExitCode(); status != 1 {
			t.Errorf("it ended with %d (%v), not with the status of its command", status, err)
		}
	case <-time.After(testPatience):
		t.Error("it has not ended")
	}
}

// fullPipe is one into which nothing can be written any more.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = out.Close(), in.Close() })
	raw, err := in.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		for err == nil { // a pipe of Go's doesn't block
			_, err = syscall.Write(int(fd), []byte(" "))
		}
	}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Fatalf("fill a pipe: %v", err)
	}
	return in
}
