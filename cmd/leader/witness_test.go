//go:build unix

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A witness is a command that writes down when it was alive: its first and its
// last moment, the latter anew every millisecond. So a test can tell afterwards
// whether two were alive at once, down to the processes that a command starts.

// witness is the program. It ends at the end of its standard input, which the test
// holds: also if leader has let go of it.
func witness(args []string) {
	flags := flag.NewFlagSet("witness", flag.ExitOnError)
	dir := flags.String("dir", "", "where to write")
	name := flags.String("name", "command", "the beginning of the file's name")
	stubborn := flags.Bool("stubborn", false, "ignore signals")
	family := flags.Bool("family", false, "start a stubborn child")
	runaway := flags.Bool("runaway", false, "start a stubborn child in a session of its own")
	leaves := flags.Bool("leaves", false, "start a child, and join its process group")
	lingering := flags.Duration("lingering", 0, "go on for that long after SIGTERM")
	_ = flags.Parse(args)

	term := make(chan os.Signal, 1)
	if *stubborn {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	} else {
		signal.Notify(term, syscall.SIGTERM)
	}
	if *family {
		startChild(*dir, *name+"-child", nil)
	}
	if *runaway {
		startChild(*dir, *name+"-runaway", &syscall.SysProcAttr{Setsid: true})
	}
	if *leaves {
		group := startChild(*dir, *name+"-group", &syscall.SysProcAttr{Setpgid: true})
		if err := syscall.Setpgid(0, group); err != nil {
			panic(err)
		}
	}
	orphaned := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(orphaned)
	}()

	file, err := os.Create(filepath.Join(*dir, fmt.Sprintf("%s-%s-%d", *name, os.Getenv("LEADER_ID"), os.Getpid())))
	if err != nil {
		panic(err)
	}
	first, tick := time.Now(), time.NewTicker(time.Millisecond)
	over := (<-chan time.Time)(nil)
	for {
		if _, err := file.WriteAt(fmt.Appendf(nil, "%20d %20d", first.UnixNano(), time.Now().UnixNano()), 0); err != nil {
			panic(err)
		}
		select {
		case <-tick.C:
		case <-term:
			over = time.After(*lingering)
		case <-over:
			return
		case <-orphaned:
			return
		}
	}
}

// startChild starts a witness below a witness.
func startChild(dir, name string, attr *syscall.SysProcAttr) (pid int) {
	child := exec.Command(os.Args[0], "witness", "-dir", dir, "-name", name, "-stubborn")
	child.Stdin, child.Stderr, child.SysProcAttr = os.Stdin, os.Stderr, attr
	if err := child.Start(); err != nil {
		panic(err)
	}
	return child.Process.Pid
}

// testimony is what a witness wrote.
type testimony struct {
	file        string
	pid         int
	first, last time.Time
}

// testimonies returns those of the witnesses that id's commands have been.
func testimonies(t *testing.T, dir, id string) []testimony {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*-"+id+"-*"))
	if err != nil {
		t.Fatal(err)
	}
	var all []testimony
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var first, last int64
		pid, _ := strconv.Atoi(file[strings.LastIndex(file, "-")+1:])
		if n, _ := fmt.Sscan(string(text), &first, &last); n == 2 {
			all = append(all, testimony{filepath.Base(file), pid, time.Unix(0, first), time.Unix(0, last)})
		}
	}
	return all
}

// awaitWitnesses returns the testimonies once there are n of id's, and each has
// been alive for a while.
func awaitWitnesses(t *testing.T, dir, id string, n int) []testimony {
	t.Helper()
	const while = 50 * time.Millisecond
	var all []testimony
	await(t, fmt.Sprintf("%d witnesses of %s", n, id), func() bool {
		all = testimonies(t, dir, id)
		for _, each := range all {
			if each.last.Sub(each.first) < while {
				return false
			}
		}
		return len(all) >= n
	})
	return all
}

// expectSuccession waits until the instance "second" has taken over from "first",
// with so many processes, and fails the test if anything of one was ever alive
// together with anything of the other. (A busy machine may have had them take turns
// before.)
func expectSuccession(t *testing.T, dir string, processes int) {
	t.Helper()
	latter := awaitWitnesses(t, dir, "second", 1)
	former := testimonies(t, dir, "first") // read later: who still lives, writes
	if len(former) < processes {
		t.Errorf("there were %d witnesses of first, want %d", len(former), processes)
	}
	for _, f := range former {
		for _, l := range latter {
			if f.first.Before(l.last) && l.first.Before(f.last) {
				t.Errorf("%s was still alive %v after %s had begun", f.file, f.last.Sub(l.first), l.file)
			} else {
				t.Logf("%s ended %v before %s began", f.file, l.first.Sub(f.last), l.file)
			}
		}
	}
}

// witnessCommand is the COMMAND that is a witness.
func witnessCommand(dir string, flags ...string) []string {
	return append([]string{"--", os.Args[0], "witness", "-dir", dir}, flags...)
}
