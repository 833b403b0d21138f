package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestLogLines(t *testing.T) {
	for name, test := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"a change":      {func(l *slog.Logger) { l.Info("leading", "term", 7) }, "leader: leading term=7\n"},
		"a warning":     {func(l *slog.Logger) { l.Warn("slow") }, "leader: warn: slow\n"},
		"below level":   {func(l *slog.Logger) { l.Debug("detail") }, ""},
		"quoted":        {func(l *slog.Logger) { l.Info("m", "error", errors.New(`a "b"`)) }, `leader: m error="a \"b\""` + "\n"},
		"empty":         {func(l *slog.Logger) { l.Info("m", "leader", "") }, `leader: m leader=""` + "\n"},
		"with":          {func(l *slog.Logger) { l.With("a", 1).Info("m", "b", 2) }, "leader: m a=1 b=2\n"},
		"groups":        {func(l *slog.Logger) { l.WithGroup("g").Info("m", "a", 1, slog.Group("h", "b", 2)) }, "leader: m g.a=1 g.h.b=2\n"},
		"no second one": {func(l *slog.Logger) { l.Info("leaderelection: m") }, "leader: m\n"},
		"credentials":   {func(l *slog.Logger) { l.Info("m", "url", "redis://u:p@host") }, "leader: m url=redis://***@host\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			test.log(newLogger(&out, slog.LevelInfo))
			if out.String() != test.want {
				t.Errorf("got %q, want %q", out.String(), test.want)
			}
		})
	}
}
