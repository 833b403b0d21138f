package main

import "charm.land/lipgloss/v2"

// What the live views share.
var (
	bold   = lipgloss.NewStyle().Bold(true)
	dim    = lipgloss.NewStyle().Foreground(lipgloss.BrightBlack)
	green  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	red    = lipgloss.NewStyle().Foreground(lipgloss.Red)
	yellow = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)

// cut shortens a line to the terminal's width.
func cut(line string, width int) string {
	switch {
	case lipgloss.Width(line) <= width:
		return line
	case width < 2:
		return ""
	default:
		return lipgloss.NewStyle().MaxWidth(width-1).Render(line) + "…"
	}
}
