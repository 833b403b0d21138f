//go:build linux || darwin

package contender

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/miniserver"
	"github.com/redis/go-redis/v9"
)

const patience = 20 * time.Second

func redisURL(t *testing.T) string {
	t.Helper()
	server := miniserver.New(miniserver.WithUptime(time.Hour))
	t.Cleanup(server.Close)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	return "redis://" + server.Addr()
}

func settings(url string) Settings {
	return Settings{
		URL: url, Key: "contender-test", ID: "a", Pace: time.Millisecond,
		TTL: 5 * time.Second, Heartbeat: time.Second, Retry: time.Second, TidyUp: 10 * time.Millisecond,
	}
}

// brisk are settings for tests that wait for a lease to end.
func brisk(url string) Settings {
	s := settings(url)
	s.TTL, s.Heartbeat, s.Retry = time.Second, 300*time.Millisecond, 200*time.Millisecond
	return s
}

// launch starts the process a#1.
func launch(t *testing.T, s Settings, history *belief.History) *Process {
	t.Helper()
	process, err := Start("a#1", []string{os.Args[0]}, s, history)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Close)
	return process
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for begun := time.Now(); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("waited %v for %s, in vain", patience, what)
		}
	}
}

func TestProcessTellsWhatItBelievesAndDoes(t *testing.T) {
	// Given a process that leads
	var history belief.History
	process := launch(t, settings(redisURL(t)), &history)
	await(t, "a leader", func() bool { _, ok := history.Latest(); return ok })

	// When it is told to stop
	process.Stop()
	<-process.Exited()

	// Then all of it is in the history, to the end.
	reign, _ := history.Latest()
	if reign.Process != "a#1" || reign.Term == 0 {
		t.Errorf("%+v, want a reign of a#1 with a term", reign)
	}
	works := history.Reigns(belief.Work)
	if len(works) != 1 || works[0].Term != reign.Term {
		t.Fatalf("works: %+v, want one of term %d", works, reign.Term)
	}
	if tidying := works[0].Last - reign.Last; tidying <= 0 {
		t.Errorf("the work did not go on to tidy up: it ended %v before the reign", -tidying)
	}
	for _, kind := range []belief.Kind{belief.Hello, belief.Became, belief.Lost, belief.Bye} {
		if records := history.Records("a#1", kind); len(records) != 1 || records[0].Err != "" {
			t.Errorf("%q: %+v, want one without an error", kind, records)
		}
	}
	if violations := belief.Judge(&history); len(violations) > 0 {
		t.Error(violations)
	}
	if !strings.Contains(process.Log(), "released") {
		t.Errorf("its log is not kept: %q", process.Log())
	}
}

func TestProcessTellsWhyItGaveUp(t *testing.T) {
	var history belief.History
	wrong := settings(redisURL(t))
	wrong.TTL = time.Millisecond
	process := launch(t, wrong, &history)
	<-process.Exited()
	if !strings.Contains(process.Log(), "LockTTL") {
		t.Errorf("it does not say what was wrong: %q", process.Log())
	}
}

func TestFrozenProcessLosesItsTerm(t *testing.T) {
	// Given a leader that is frozen until its lease has ended
	var history belief.History
	s := brisk(redisURL(t))
	process := launch(t, s, &history)
	await(t, "a leader", func() bool { _, ok := history.Latest(); return ok })
	process.Freeze()
	time.Sleep(s.TTL + s.TTL/10)

	// When it goes on, then its first answer is no, and it says so.
	process.Thaw()
	await(t, "a gap", func() bool {
		return history.Told("a#1", func(r belief.Record) bool { return r.Kind == belief.Gap && r.Last-r.First >= s.TTL && !r.Leads })
	})
}

func TestStartOfWhatDoesNotExist(t *testing.T) {
	if _, err := Start("a#1", []string{"/does/not/exist"}, Settings{}, new(belief.History)); err == nil {
		t.Error("no error")
	}
}

// The test binary runs itself as a parent that gets killed.
func TestProcessDiesWithItsParent(t *testing.T) {
	const parent = "CONTENDER_TEST_PARENT"
	if url := os.Getenv(parent); url != "" {
		launch(t, brisk(url), new(belief.History))
		select {}
	}

	// Given a leader, started by another process than this one
	url := redisURL(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), parent+"="+url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(url, "redis://")})
	defer func() { _ = client.Close() }()
	leads := func() bool { return client.Exists(t.Context(), brisk(url).Key).Val() == 1 }
	await(t, "a leader", leads)

	// When its parent is killed, then nobody renews its lease.
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	await(t, "the end of its lease", func() bool { return !leads() })
}

func TestTailKeepsTheEnd(t *testing.T) {
	var end tail
	_, _ = end.Write([]byte("first\n" + strings.Repeat("x", tailLength)))
	_, _ = end.Write([]byte("last\n"))
	if text := end.String(); len(text) != tailLength || !strings.HasSuffix(text, "last\n") {
		t.Errorf("%d bytes, ending in %q", len(text), text[len(text)-5:])
	}
}
