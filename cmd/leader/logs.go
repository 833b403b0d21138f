package main

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// lineHandler writes lines that read well between the output of the command:
//
//	leader: leading term=7 key=reports
//
// There is no time in them: whoever collects the output of services adds it. A
// line is one Write, so that it isn't torn by what the command writes meanwhile.
type lineHandler struct {
	w      io.Writer
	level  slog.Level
	group  string // what precedes the name of an attribute, such as "store."
	common string // the attributes of every line, as they are written
}

func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(&lineHandler{w: w, level: level})
}

func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h *lineHandler) Handle(_ context.Context, record slog.Record) error {
	var line strings.Builder
	line.WriteString("leader: ")
	if record.Level >= slog.LevelWarn {
		line.WriteString(strings.ToLower(record.Level.String()) + ": ")
	}
	line.WriteString(plain(record.Message) + h.common)
	record.Attrs(func(attr slog.Attr) bool {
		writeAttr(&line, h.group, attr)
		return true
	})
	_, err := io.WriteString(h.w, line.String()+"\n")
	return err
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var common strings.Builder
	for _, attr := range attrs {
		writeAttr(&common, h.group, attr)
	}
	with := *h
	with.common += common.String()
	return &with
}

func (h *lineHandler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.group += name + "."
	}
	return &with
}

func writeAttr(line *strings.Builder, group string, attr slog.Attr) {
	value := attr.Value.Resolve()
	switch {
	case attr.Equal(slog.Attr{}):
	case value.Kind() == slog.KindGroup:
		if attr.Key != "" {
			group += attr.Key + "."
		}
		for _, member := range value.Group() {
			writeAttr(line, group, member)
		}
	default:
		text := plain(value.String())
		if text == "" || strings.ContainsAny(text, " \t\r\n\"=") {
			text = strconv.Quote(text)
		}
		line.WriteString(" " + group + attr.Key + "=" + text)
	}
}
