//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

const (
	frameEvery = 100 * time.Millisecond
	cellSpan   = 500 * time.Millisecond // of the time that one character of the timeline stands for
	nameWidth  = 24                     // of what stands before the timeline
)

const liveExplanation = `Three processes share one Redis and elect a leader. Each notes what its own
IsLeader() says: two leaders at once, if only for a moment, would show.`

// playLive performs the play in a terminal.
func playLive(ctx context.Context, play *play, terminal *os.File) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	view := liveView{stage: play.stage, leave: leave, begun: time.Now(), picture: play.stage.picture()}
	program := tea.NewProgram(view, tea.WithOutput(terminal), tea.WithoutSignalHandler())
	performed := make(chan error, 1)
	go func() {
		performed <- play.perform(ctx, liveScreen{program})
		program.Quit()
	}()
	_, err := program.Run()
	leave()
	if played := <-performed; err == nil {
		err = played
	}
	return err
}

// liveScreen sends what happens to the live view.
type liveScreen struct{ program *tea.Program }

func (s liveScreen) announce(act act)     { s.program.Send(act) }
func (s liveScreen) say(text string)      { s.program.Send(said(text)) }
func (s liveScreen) conclude(out outcome) { s.program.Send(out) }

type (
	said  string
	frame picture
)

// liveView is what bubbletea keeps between messages.
type liveView struct {
	stage *stage
	leave context.CancelFunc
	begun time.Time

	width, height int
	picture       picture
	elapsed       time.Duration
	act           act
	said          string
	outcomes      []outcome
}

func (v liveView) Init() tea.Cmd { return v.nextFrame() }

func (v liveView) nextFrame() tea.Cmd {
	return tea.Tick(frameEvery, func(time.Time) tea.Msg { return frame(v.stage.picture()) })
}

func (v liveView) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case frame:
		v.picture, v.elapsed = picture(message), time.Since(v.begun)
		return v, v.nextFrame()
	case tea.WindowSizeMsg:
		v.width, v.height = message.Width, message.Height
	case act:
		v.act, v.said = message, ""
	case said:
		v.said = string(message)
	case outcome:
		v.outcomes = append(v.outcomes, message)
		v.said = message.happened
	case tea.KeyPressMsg:
		if key := message.String(); key == "ctrl+c" || key == "q" {
			v.said = "ending the candidates"
			v.leave()
		}
	}
	return v, nil
}

func (v liveView) View() tea.View {
	view := tea.NewView(strings.Join(v.lines(), "\n"))
	view.AltScreen = true
	view.WindowTitle = "leader demo"
	return view
}

// lines are the whole view, as many as fit: the explanation gives way first, then
// the older outcomes.
func (v liveView) lines() []string {
	head := []string{v.title(), ""}
	explanation := append(strings.Split(liveExplanation, "\n"), "")
	middle := append(v.timeline(), "", bold.Render(v.act.name))
	middle = append(middle, v.paragraph(dim, v.act.why)...)
	middle = append(middle, v.paragraph(lipgloss.NewStyle(), v.said)...)
	middle = append(middle, "")
	footer := []string{"", dim.Render("q or ctrl-c ends the demo")}

	rows := v.height - len(head) - len(middle) - len(footer)
	if rows >= len(acts)+len(explanation)+1 {
		head = append(head, explanation...)
		rows -= len(explanation)
	}
	var lines []string
	lines = append(lines, head...)
	lines = append(lines, middle...)
	lines = append(lines, v.table(rows)...)
	lines = append(lines[:min(len(lines), max(0, v.height-len(footer)))], footer...)
	lines = lines[:min(len(lines), v.height)]
	for i, line := range lines {
		lines[i] = cut(line, v.width)
	}
	return lines
}

func (v liveView) title() string {
	redis := "an embedded Redis"
	if v.stage.redis.embedded == nil {
		redis = "your Redis"
	}
	return bold.Render("leader demo") + dim.Render(fmt.Sprintf("   %s, leases of %v, %s",
		redis, v.stage.settings.TTL, v.elapsed.Round(time.Second)))
}

// timeline shows each actor, and what it did lately; the right end is now.
func (v liveView) timeline() []string {
	cells := max(0, v.width-nameWidth-1)
	var lines []string
	legend := dim.Render("nobody leads")
	for _, figure := range v.picture.figures {
		lines = append(lines, figure.name()+figure.past(v.picture.now, cells))
		if figure.state == leading {
			legend = dim.Render(fmt.Sprintf("%s leads in term %d, for %s",
				figure.id, figure.term, (v.picture.now - figure.since).Truncate(time.Second)))
		}
	}
	return append(lines, strings.Repeat(" ", nameWidth)+legend)
}

func (f figure) name() string {
	pid := ""
	if f.pid != 0 {
		pid = fmt.Sprint(f.pid)
	}
	return bold.Render(f.id) + fmt.Sprintf("  %-10s", pid) + styleOf(f.state).Render(fmt.Sprintf("%-11s", f.state))
}

// past draws the cells on a grid of fixed moments, so that they move and don't
// flicker.
func (f figure) past(now time.Duration, cells int) string {
	end := now.Truncate(cellSpan) + cellSpan
	var line strings.Builder
	for i := cells; i > 0; i-- {
		from := end - time.Duration(i)*cellSpan
		state := f.at(from, from+cellSpan)
		line.WriteString(styleOf(state).Render(cellOf(state)))
	}
	return line.String()
}

func cellOf(state actorState) string {
	switch state {
	case leading:
		return "█"
	case onStage:
		return "─"
	case frozen:
		return "░"
	default:
		return " "
	}
}

func styleOf(state actorState) lipgloss.Style {
	switch state {
	case leading:
		return green
	case frozen:
		return yellow
	case killed:
		return red
	default:
		return dim
	}
}

// table has a header and the latest outcomes.
func (v liveView) table(rows int) []string {
	if len(v.outcomes) == 0 || rows < 2 {
		return nil
	}
	lines := []string{dim.Render(fmt.Sprintf("%-22s%-18s%s", "act", "without a leader", "what happened"))}
	for _, out := range v.outcomes[max(0, len(v.outcomes)-rows+1):] {
		line := fmt.Sprintf("%-22s%-18s%s", out.act, vacancyText(out), out.happened)
		if out.overlap > 0 {
			line = red.Render("TWO LEADERS for " + seconds(out.overlap) + "  " + line)
		}
		lines = append(lines, line)
	}
	return lines
}

// paragraph has always two lines, so that nothing below it moves.
func (v liveView) paragraph(style lipgloss.Style, text string) []string {
	lines := append(strings.Split(lipgloss.Wrap(text, max(1, v.width-1), " "), "\n"), "")
	return []string{style.Render(lines[0]), style.Render(strings.Join(lines[1:], " "))}
}
