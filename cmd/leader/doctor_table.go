package main

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"example.com/leaderelection/internal/doctor"
)

var statusStyles = map[doctor.Status]lipgloss.Style{doctor.OK: green, doctor.Warn: yellow, doctor.Fail: red}

// table is what people read: of each check its status, and beside its name what was
// found and, behind an arrow, what to do.
func (d diagnosis) table(width int) string {
	const indent = 19
	var text strings.Builder
	counts := make(map[doctor.Status]int)
	for _, r := range d.Checks {
		counts[r.Status]++
		fmt.Fprintf(&text, "%s  %-13s", statusStyles[r.Status].Render(fmt.Sprintf("%-4s", r.Status)), r.Check)
		paragraph(&text, r.Found, width-indent, indent)
		if r.Remedy != "" {
			text.WriteString(strings.Repeat(" ", indent) + "→ ")
			paragraph(&text, r.Remedy, width-indent-2, indent+2)
		}
	}
	fmt.Fprintf(&text, "\n%s: %d OK, %d WARN, %d FAIL\n", shown(d.Election), counts[doctor.OK], counts[doctor.Warn], counts[doctor.Fail])
	return text.String()
}

// paragraph goes on where it begins, and is indented from its second line on. It breaks
// lines between words only: not within a flag or the name of a key.
func paragraph(text *strings.Builder, words string, width, indent int) {
	left := width
	for i, word := range strings.Fields(shown(words)) {
		needs := lipgloss.Width(word)
		switch {
		case i == 0:
		case needs+1 > left:
			text.WriteString("\n" + strings.Repeat(" ", indent))
			left = width
		default:
			text.WriteString(" ")
			left--
		}
		text.WriteString(word)
		left -= needs
	}
	text.WriteString("\n")
}
