//go:build linux || darwin

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"sigs.k8s.io/yaml"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

func TestWatchTellsChangesAsLines(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	watch := start(t, []string{redisURLVariable + "=" + server.URL()}, "watch")
	watch.awaitOutput("nobody leads")
	inJSON := start(t, []string{redisURLVariable + "=" + server.URL()}, "watch", "--output", "json")
	inJSON.awaitOutput(`"state":"vacant"`)
	inYAML := start(t, []string{redisURLVariable + "=" + server.URL()}, "watch", "--output", "yaml")
	inYAML.awaitOutput("state: vacant")

	first := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "first"}, reader...)...)
	watch.awaitOutput("first leads")
	inJSON.awaitOutput(`"id":"first"`)
	inYAML.awaitOutput("id: first")
	run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "second"}, reader...)...).awaitLog("following")
	first.signal(syscall.SIGTERM)
	watch.awaitOutput("first does not lead any more (stopped)")
	watch.awaitOutput("second leads")
	inJSON.awaitOutput(`"id":"second"`)
	inYAML.awaitOutput("id: second")

	for _, each := range []*instance{watch, inJSON, inYAML} {
		each.signal(syscall.SIGINT)
		if status := each.status(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	}
	if text := watch.stdout.String(); strings.Contains(text, "\x1b") {
		t.Errorf("there is colour in what is no terminal: %q", text)
	}
	for line := range strings.Lines(inJSON.stdout.String()) {
		decode[status](t, line, json.Unmarshal)
	}
	documents := strings.Split(inYAML.stdout.String(), "---\n")
	if len(documents) < 4 || documents[0] != "" {
		t.Fatalf("documents are not separated: %q", documents)
	}
	for _, document := range documents[1:] {
		decode[status](t, document, func(text []byte, value any) error { return yaml.Unmarshal(text, value) })
	}
}

func TestWatchGoesOnThroughAnOutage(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	link := redistest.NewProxy(t, server.Addr())
	watch := start(t, []string{redisURLVariable + "=redis://" + link.Addr()}, "watch")
	watch.awaitOutput("nobody")
	link.BlackHole()
	watch.awaitOutput("Redis does not answer")
	link.Restore()
	watch.awaitOutput("Redis answers again")
}

// A wrong password does not get right by itself: at first contact, watch ends as status does.
func TestWatchEndsWhereRedisRefuses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("requirepass", "secret"))
	env := []string{redisURLVariable + "=redis://" + server.Addr()}
	asked := start(t, env, "status")
	asked.status()
	for _, output := range []string{"table", "json"} {
		watch := start(t, env, "watch", "--output", output)
		if status := watch.status(); status != statusFailed {
			t.Errorf("%s: exit status %d, want %d", output, status, statusFailed)
		}
		if text := watch.stderr.String(); text != asked.stderr.String() || !strings.Contains(text, "password") || watch.stdout.String() != "" {
			t.Errorf("%s: says %q, where status says %q; and shows %q", output, text, asked.stderr.String(), watch.stdout.String())
		}
	}
}

// After an answer it goes on, and tells a refusal from silence, in a line.
func TestWatchGoesOnThroughARefusal(t *testing.T) {
	t.Parallel()
	server := redistest.StartMini(t)
	watch := start(t, []string{redisURLVariable + "=" + server.URL()}, "watch")
	watch.awaitOutput("nobody")
	server.Server().SetError("NOAUTH Authentication required.")
	watch.awaitOutput("Redis refuses: Redis asks for a password")
	server.Server().SetError("")
	watch.awaitOutput("Redis answers again")
	if text := watch.stdout.String(); strings.Contains(text, "\ufffd") || !strings.Contains(text, "Authentication required.)\n") {
		t.Errorf("a refusal is not told in a line:\n%s", text)
	}
}

func seen(at time.Time, s status) sight { return sight{status: s, at: at, seen: at} }

func ledBy(id string, at time.Time, left float64) status {
	since := at.Add(-time.Minute)
	return status{
		Election: "nightly", State: "led", TTL: 10, Remaining: &left, At: at,
		Leader: &leader{ID: id, Host: "host", Term: 7, Since: &since}, Candidates: []candidate{{ID: "other"}},
	}
}

// watched is what a terminal of that size shows.
func watched(v watchView, width, height int) []string {
	model, _ := v.Update(tea.WindowSizeMsg{Width: width, Height: height})
	lines := model.(watchView).lines()
	for i, line := range lines {
		lines[i] = colours.ReplaceAllString(line, "")
	}
	return lines
}

func TestWatchViewFitsEveryTerminal(t *testing.T) {
	at := time.Now()
	v := watchView{key: "nightly"}
	model, _ := v.Update(seen(at, ledBy("first", at, 5)))
	v = model.(watchView)
	for range 100 {
		v.events = append(v.events, strings.Repeat("an event ", 30))
	}
	for width := 0; width <= 120; width += 7 {
		for height := 0; height <= 40; height += 3 {
			lines := watched(v, width, height)
			if len(lines) > height {
				t.Fatalf("%d lines on a terminal of %d", len(lines), height)
			}
			for _, line := range lines {
				if lipgloss.Width(line) > width {
					t.Fatalf("%q is wider than %d", line, width)
				}
			}
		}
	}
	text := strings.Join(watched(v, 80, 24), "\n")
	for _, want := range []string{"nightly", "first", "on host", "7, for 1m00s", "5.0s of 10.0s", "1: other", "ctrl-c"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// While Redis doesn't answer, what is known of the lease goes on to drain.
func TestWatchViewDrainsThroughAnOutage(t *testing.T) {
	at := time.Now()
	model, _ := watchView{key: "nightly"}.Update(seen(at, ledBy("first", at, 5)))
	later := at.Add(3 * time.Second)
	model, _ = model.Update(sight{err: errors.New("no route to host"), at: later, seen: later})
	text := strings.Join(watched(model.(watchView), 80, 24), "\n")
	for _, want := range []string{"2.0s of 10.0s", "no route to host", "unknown; 3.0s ago it was first on host"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "7, for") {
		t.Errorf("its time goes on, though nobody knows whether it leads:\n%s", text)
	}
}

// What is wrong stands at the end of an error: the line breaks, so that it is seen.
func TestWatchViewShowsTheEndOfAnError(t *testing.T) {
	at := time.Now()
	model, _ := watchView{key: "nightly"}.Update(sight{err: errors.New(strings.Repeat("dialling and ", 40) + "connection refused"), at: at, seen: at})
	for width := 40; width <= 120; width += 7 {
		for height := 8; height <= 40; height += 4 {
			text := strings.Join(watched(model.(watchView), width, height), "\n")
			if words := strings.Join(strings.Fields(text), " "); !strings.Contains(words, "connection refused") || !strings.Contains(words, "leader unknown") {
				t.Fatalf("%dx%d:\n%s", width, height, text)
			}
		}
	}
}

// Candidates have several lines, of which the leader's and the events' are not pushed out.
func TestWatchViewWrapsCandidates(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.FixedZone("", 3600))
	s := ledBy("first", at, 5)
	s.Candidates = nil
	for i := range 7 {
		s.Candidates = append(s.Candidates, candidate{ID: fmt.Sprintf("worker-%d-of-a-deployment-with-a-long-name", i), Priority: 10})
	}
	model, _ := watchView{key: "nightly"}.Update(seen(at, s))
	for _, test := range []struct {
		height int
		names  int
		wants  []string
	}{
		{24, 7, []string{"7: worker-0", "11:00:00.000Z  first leads"}},
		{15, 4, []string{"7: worker-0", "and 3 more", "11:00:00.000Z  first leads"}},
	} {
		text := strings.Join(watched(model.(watchView), 80, test.height), "\n")
		if got := strings.Count(text, "long-name (priority 10)"); got != test.names {
			t.Errorf("on %d lines are %d candidates, want %d:\n%s", test.height, got, test.names, text)
		}
		for _, want := range test.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	}
}

// Redis has candidates by when they were heard of, which would have them change places.
func TestCandidatesKeepTheirPlaces(t *testing.T) {
	s := statusOf("nightly", leaderelection.Inspection{Present: []leaderelection.Presence{{ID: "b"}, {ID: "c", Priority: 5}, {ID: "a"}, {ID: "d", Priority: -1}}})
	var names string
	for _, c := range s.Candidates {
		names += c.ID
	}
	if names != "cabd" {
		t.Errorf("%q, want the highest priority first, and names in their order", names)
	}
}
