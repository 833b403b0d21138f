package main

import (
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// watchLive shows the election in a terminal until the user has seen enough.
func watchLive(stop func(), key string, sights <-chan sight, terminal *os.File) error {
	program := tea.NewProgram(watchView{key: key, stop: stop}, tea.WithOutput(terminal), tea.WithoutSignalHandler())
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		for now := range sights {
			program.Send(now)
		}
		program.Quit() // also where a signal was the end
	}()
	last, err := program.Run()
	stop()
	<-fed
	if view, ok := last.(watchView); ok && err == nil {
		err = view.failed
	}
	return err
}

// watchView is what bubbletea keeps between messages.
type watchView struct {
	key  string
	stop func() // ends the looking, and so the program

	width, height int
	now           time.Time
	last          *sight
	events        []string // the oldest first
	failed        error    // why there is no use in going on
}

// mostEvents is more than a terminal is high.
const mostEvents = 500

type nextWatchFrame time.Time

func (v watchView) Init() tea.Cmd { return nextFrameOfWatch() }

func nextFrameOfWatch() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(now time.Time) tea.Msg { return nextWatchFrame(now) })
}

func (v watchView) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case nextWatchFrame:
		v.now = time.Time(message)
		return v, nextFrameOfWatch()
	case tea.WindowSizeMsg:
		v.width, v.height = message.Width, message.Height
	case sight:
		if message.inVain(v.last) {
			v.failed = explain(message.err)
			return v, tea.Quit
		}
		for _, line := range news(v.last, message) {
			v.events = append(v.events, message.at.UTC().Format("15:04:05.000Z")+"  "+shown(line))
		}
		v.events = v.events[max(0, len(v.events)-mostEvents):]
		v.last, v.now = carry(v.last, message), message.at
	case tea.KeyPressMsg:
		if key := message.String(); key == "ctrl+c" || key == "q" || key == "esc" {
			v.stop()
		}
	}
	return v, nil
}

func (v watchView) View() tea.View {
	view := tea.NewView(strings.Join(v.lines(), "\n"))
	view.AltScreen = true
	view.WindowTitle = "leader watch " + shown(v.key)
	return view
}

// lines are the whole view, as many as fit: the older events give way first, then
// candidates.
func (v watchView) lines() []string {
	lines := []string{bold.Render("leader watch") + "  " + shown(v.key), ""}
	footer := []string{"", dim.Render("q or ctrl-c ends this; the election goes on")}
	if v.last == nil {
		lines = append(lines, dim.Render("asking Redis ..."))
	} else {
		lines = append(lines, v.election()...)
	}
	lines = append(lines, "")
	room := v.height - len(lines) - len(footer)
	events := v.events[max(0, len(v.events)-max(0, room)):]
	lines = append(lines, events...)
	for len(lines)+len(footer) < v.height {
		lines = append(lines, "")
	}
	lines = append(lines[:min(len(lines), max(0, v.height-len(footer)))], footer...)
	lines = lines[:min(len(lines), max(0, v.height))]
	for i, line := range lines {
		lines[i] = cut(line, v.width)
	}
	return lines
}
