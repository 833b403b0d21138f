//go:build linux || darwin

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// exampleView is a demo in the middle of its second act: a led and was stopped, b
// leads, c is frozen.
func exampleView(outcomes int) liveView {
	at := func(s int) time.Duration { return time.Duration(s) * time.Second }
	view := liveView{
		stage:   &stage{settings: contender.Settings{TTL: 2 * time.Second}, redis: &demoRedis{}},
		leave:   func() {},
		elapsed: at(20),
		act:     acts[1],
		said:    "b is killed (SIGKILL)",
		picture: picture{now: at(20), figures: []figure{
			{
				id: "a", state: stopped, scenes: []scene{{at(1), onStage}, {at(10), stopped}},
				reigns: []belief.Reign{{Process: "a#1", Term: 7, First: at(2), Last: at(10)}},
			},
			{
				id: "b", pid: 4712, state: leading, term: 8, since: at(11), scenes: []scene{{at(1), onStage}},
				reigns: []belief.Reign{{Process: "b#1", Term: 8, First: at(11), Last: at(20)}},
			},
			{id: "c", pid: 4713, state: frozen, scenes: []scene{{at(1), onStage}, {at(18), frozen}}},
		}},
	}
	for i := range outcomes {
		view.outcomes = append(view.outcomes, outcome{
			act: acts[0].name, happened: fmt.Sprintf("a stopped, b leads (%d)", i+1), vacancy: 1300 * time.Microsecond, from: 7, to: 8,
		})
	}
	return view
}

func resized(view liveView, width, height int) liveView {
	model, _ := view.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return model.(liveView)
}

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func drawn(view liveView) string { return colours.ReplaceAllString(view.View().Content, "") }

func TestViewOnAnOrdinaryTerminal(t *testing.T) {
	const want = `leader demo   your Redis, leases of 2s, 20s

Three processes share one Redis and elect a leader. Each notes what its own
IsLeader() says: two leaders at once, if only for a moment, would show.

a            stopped                    ──█████████████████
b  4712      leads                      ────────────────────███████████████████
c  4713      frozen                     ──────────────────────────────────░░░░░
                        b leads in term 8, for 9s

kill -9
a crash, the OOM killer, a lost node. The others wait until its lease has
ended, and no longer
b is killed (SIGKILL)


act                   without a leader  what happened
graceful stop         1.3 ms            a stopped, b leads (1)

q or ctrl-c ends the demo`
	var lines []string
	for line := range strings.SplitSeq(drawn(resized(exampleView(1), 80, 24)), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestViewFitsEveryTerminal(t *testing.T) {
	for _, outcomes := range []int{0, 1, 5, 100} {
		for _, width := range []int{0, 1, 10, 40, 80, 200} {
			for _, height := range []int{0, 1, 5, 12, 24, 60} {
				view := resized(exampleView(outcomes), width, height)
				lines := view.lines()
				if len(lines) > height {
					t.Errorf("%dx%d, %d outcomes: %d lines", width, height, outcomes, len(lines))
				}
				for _, line := range lines {
					if lipgloss.Width(line) > width {
						t.Errorf("%dx%d: %q is wider", width, height, line)
					}
				}
			}
		}
	}
}

func TestViewShowsTheLatestOutcomes(t *testing.T) {
	shown := drawn(resized(exampleView(100), 80, 24))
	if !strings.Contains(shown, "(100)") || strings.Contains(shown, "(1)") {
		t.Errorf("not the latest:\n%s", shown)
	}
	if !strings.Contains(shown, "ctrl-c") {
		t.Error("how to end it is not shown")
	}
}

func TestViewShoutsAboutTwoLeaders(t *testing.T) {
	view := resized(exampleView(0), 80, 24)
	model, _ := view.Update(outcome{act: "kill -9", overlap: 20 * time.Millisecond})
	if shown := drawn(model.(liveView)); !strings.Contains(shown, "TWO LEADERS for 20.0 ms") {
		t.Errorf("it does not:\n%s", shown)
	}
}

func TestViewFollowsThePlay(t *testing.T) {
	view, left := exampleView(0), false
	view.leave = func() { left = true }
	var model tea.Model = resized(view, 80, 24)
	for _, message := range []tea.Msg{
		acts[2], said("b is frozen"), outcome{act: acts[2].name, happened: "c leads"}, frame(picture{}),
		tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl},
	} {
		model, _ = model.Update(message)
	}
	shown := drawn(model.(liveView))
	for _, text := range []string{acts[2].name, "c leads", "nobody leads", "ending the candidates"} {
		if !strings.Contains(shown, text) {
			t.Errorf("%q is not shown:\n%s", text, shown)
		}
	}
	if !left {
		t.Error("ctrl-c does not end the play")
	}
}
