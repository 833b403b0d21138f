package main

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// labelWidth is of what stands before each line of an election.
const labelWidth = 12

// election is how it was last seen, moved on to now.
func (v watchView) election() []string {
	s, passed := v.last.status, v.now.Sub(v.last.seen)
	var lines []string
	add := func(name string, texts ...string) {
		for _, text := range texts {
			lines = append(lines, fmt.Sprintf("%-*s", labelWidth, name)+text)
			name = ""
		}
	}
	if v.last.err != nil {
		for _, line := range v.ending(trouble(v.last.err)) {
			add("", red.Render(line))
		}
		add("leader", v.unknown(passed))
	} else {
		add("leader", v.leader())
	}
	switch {
	case s.Leader != nil && v.last.err != nil: // for how long, nobody knows
		add("term", fmt.Sprint(s.Leader.Term))
		add("lease", v.bar(passed))
	case s.Leader != nil:
		add("term", fmt.Sprintf("%d, for %s", s.Leader.Term, roughly(s.At.Add(passed).Sub(value(s.Leader.Since)))))
		add("lease", v.bar(passed))
	case s.State == "quarantined":
		add("until then", v.bar(passed))
	case s.State != "":
		add("last term", fmt.Sprint(s.Term))
	}
	if s.Asked != nil {
		add("asked", yellow.Render("to step down"+shown(inFavourOf(s.Asked.To))+", by "+shown(s.Asked.By)))
	}
	if s.Pause != nil {
		until := "somebody resumes"
		if s.Pause.Until != nil {
			until = exactly(*s.Pause.Until, s.At.Add(passed))
		}
		add("paused", yellow.Render("by "+shown(s.Pause.By)+" until "+until))
	}
	if len(s.Candidates) > 0 {
		add("candidates", v.candidates()...)
	}
	if s.Warning != "" {
		add("warning", yellow.Render(shown(s.Warning)))
	}
	return lines
}

// leader is who leads, while Redis answers.
func (v watchView) leader() string {
	switch s := v.last.status; {
	case s.Leader != nil:
		return green.Render(shown(s.Leader.ID)) + " on " + shown(orDash(s.Leader.Host)) + ranked(s.Leader.Priority)
	case s.State == "quarantined":
		return yellow.Render("nobody, and nobody may lead yet: Redis may have forgotten a lease")
	default:
		return red.Render("nobody")
	}
}

// unknown is what is left to say of the leader while Redis does not answer.
func (v watchView) unknown(passed time.Duration) string {
	text := yellow.Render("unknown")
	if v.last.status.State == "" {
		return text // it never has answered
	}
	last := "nobody"
	if l := v.last.status.Leader; l != nil {
		last = shown(l.ID) + " on " + shown(orDash(l.Host))
	}
	return text + "; " + ago(passed) + " it was " + last
}

// most is how many lines a text may take, so that there is room for the others.
func (v watchView) most() int { return max(1, v.height/3) }

// cutOff stands for the beginning of a text.
const cutOff = "… "

// ending is a text in lines, of which the last ones count: what is wrong stands at the end
// of an error.
func (v watchView) ending(text string) []string {
	lines := strings.Split(lipgloss.Wrap(text, max(1, v.width-labelWidth-lipgloss.Width(cutOff)), " "), "\n")
	if over := len(lines) - v.most(); over > 0 {
		lines = lines[over:]
		lines[0] = cutOff + lines[0]
	}
	return lines
}

// candidates are as many as there is room for, and how many there are.
func (v watchView) candidates() []string {
	all := v.last.status.Candidates
	var lines []string
	for i, c := range all {
		name := shown(c.ID) + ranked(c.Priority)
		if i < len(all)-1 {
			name += ","
		}
		if i == 0 {
			lines = []string{fmt.Sprintf("%d: %s", len(all), name)}
			continue
		}
		last := len(lines) - 1
		if longer := lines[last] + " " + name; lipgloss.Width(longer) <= v.width-labelWidth {
			lines[last] = longer
			continue
		}
		if len(lines) >= v.most()-1 {
			return append(lines, fmt.Sprintf("and %d more", len(all)-i))
		}
		lines = append(lines, name)
	}
	return lines
}

// bar shows how much is left of a lease, or of a quarantine.
func (v watchView) bar(passed time.Duration) string {
	s := v.last.status
	if s.Remaining == nil {
		return "has no end"
	}
	left := max(0, duration64(*s.Remaining)-passed)
	whole := duration64(s.TTL)
	text := fmt.Sprintf(" %.1fs", left.Seconds())
	if whole <= 0 {
		return text
	}
	cells := min(40, max(0, v.width-labelWidth-lipgloss.Width(text)-12))
	full := min(cells, int(int64(cells)*int64(left)/int64(whole)))
	style := green
	if left < whole/3 {
		style = yellow
	}
	return style.Render(strings.Repeat("█", full)) + dim.Render(strings.Repeat("░", cells-full)) + text + dim.Render(fmt.Sprintf(" of %s", roughly(whole)))
}
