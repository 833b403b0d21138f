package leaderelection_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"example.com/leaderelection"
)

// eventLog is an Observer that keeps everything.
type eventLog struct {
	mu     sync.Mutex
	events []leaderelection.Event
}

func (l *eventLog) Observe(event leaderelection.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event)
}

// of returns the events of that kind.
func (l *eventLog) of(kind leaderelection.EventKind) (chosen []leaderelection.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range l.events {
		if event.Kind == kind {
			chosen = append(chosen, event)
		}
	}
	return chosen
}

// last returns the latest event of that kind, the zero Event if there is none.
func (l *eventLog) last(kind leaderelection.EventKind) (event leaderelection.Event) {
	if all := l.of(kind); len(all) > 0 {
		event = all[len(all)-1]
	}
	return event
}

func (l *eventLog) kinds() (kinds []leaderelection.EventKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range l.events {
		kinds = append(kinds, event.Kind)
	}
	return kinds
}

// logbook keeps log records.
type logbook struct {
	mu      sync.Mutex
	records []slog.Record
}

func (b *logbook) logger() *slog.Logger { return slog.New(b) }

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }

func (b *logbook) Handle(_ context.Context, record slog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, record)
	return nil
}

func (b *logbook) WithAttrs([]slog.Attr) slog.Handler { return b }
func (b *logbook) WithGroup(string) slog.Handler      { return b }

// at returns the messages that were logged at that level.
func (b *logbook) at(level slog.Level) (messages []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, record := range b.records {
		if record.Level == level {
			messages = append(messages, record.Message)
		}
	}
	return messages
}

// diary notes what happens in callbacks and work, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

// noting returns a callback that notes line.
func (d *diary) noting(line string) func() { return func() { d.note(line) } }

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}
