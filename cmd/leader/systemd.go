package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// systemd tells the service manager how this instance stands, where leader runs under one
// (sd_notify(3)): that it takes part, whether it leads, that it is about to end, and, where
// the unit has a WatchdogSec, that it is alive. Without $NOTIFY_SOCKET it says nothing.
//
// It observes the election.
type systemd struct {
	log      *slog.Logger
	election pulse // of the election: asking the store, or reporting
	command  pulse // of what looks after the command

	patience time.Duration // more than an election goes without asking
	crowd    atomic.Int64  // how many take part, as the store last told

	mu     sync.Mutex
	ready  bool // that was told
	leads  bool
	status string // as it was last told
	deaf   bool   // nobody is there to be told, and that has been logged
}

// workPatience is more than a term takes to begin or to end, the time apart that the command
// is given, and more than a busy machine takes for anything.
const workPatience = 5 * time.Second

func newSystemd(config leaderelection.Config, log *slog.Logger) *systemd {
	return &systemd{log: log, patience: config.LockTTL + 2*config.RetryInterval + workPatience}
}

// withoutSystemd is an environment for others than leader itself: a command that found the
// socket there would speak in leader's name, and feed its watchdog while leader is frozen.
func withoutSystemd(env []string) []string {
	return slices.DeleteFunc(env, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return name == "NOTIFY_SOCKET" || name == "WATCHDOG_USEC" || name == "WATCHDOG_PID"
	})
}

// Observe tells what has changed.
func (s *systemd) Observe(event leaderelection.Event) {
	s.goesOn()
	s.mu.Lock()
	defer s.mu.Unlock()
	message := ""
	// Leading is not what a unit has to wait for, nor is Redis: both may take as long as
	// they like. But where the first answer is that this can't work, the unit has failed.
	_, hopeless := errors.AsType[*leaderelection.ConfigurationError](event.Err)
	if !s.ready && !hopeless && event.Kind != leaderelection.CampaignStarted {
		s.ready = true
		message = daemon.SdNotifyReady + "\n"
	}
	if status := s.statusAfter(event); status != s.status {
		s.status = status
		message += "STATUS=" + status
	}
	s.tell(message)
}

// statusAfter is the status for people once the event has happened. What comes from
// elsewhere in it has no line breaks, by which it could say more than that.
func (s *systemd) statusAfter(event leaderelection.Event) string {
	switch event.Kind {
	case leaderelection.Elected:
		s.leads = true
		return fmt.Sprintf("Leads, in term %d", event.Term)
	case leaderelection.TermEnded:
		s.leads = false
		return fmt.Sprintf("Term %d has ended: %s", event.Term, inOneLine(event.Err))
	case leaderelection.Following:
		if event.Leader == "" {
			return "Follows; nobody may lead yet"
		}
		return fmt.Sprintf("Follows %s, in term %d", shown(event.Leader), event.Term)
	case leaderelection.AttemptFailed:
		return "Follows, and cannot ask who leads: " + inOneLine(event.Err)
	case leaderelection.RenewalFailed:
		if s.leads {
			return fmt.Sprintf("Leads, in term %d, and cannot renew its lease: %s", event.Term, inOneLine(event.Err))
		}
	case leaderelection.Renewed:
		if s.leads {
			return fmt.Sprintf("Leads, in term %d", event.Term)
		}
	}
	return s.status // unchanged
}

// tell sends assignments, if there are any.
func (s *systemd) tell(message string) {
	if message == "" {
		return
	}
	if _, err := daemon.SdNotify(false, message); err != nil && !s.deaf {
		s.deaf = true
		s.log.Warn("cannot tell the service manager", "error", err)
	}
}

// serve tells of the end of ctx, and until stop is called that leader is alive.
func (s *systemd) serve(ctx context.Context) (stop func()) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		s.log.Warn("there will be no watchdog", "error", err)
	}
	s.goesOn()
	var working sync.WaitGroup
	over := make(chan struct{})
	working.Go(func() {
		select {
		case <-ctx.Done():
		case <-over:
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tell(daemon.SdNotifyStopping)
	})
	if interval > 0 && os.Getenv("NOTIFY_SOCKET") != "" {
		working.Go(func() { s.feed(interval/4, over) })
	}
	return func() {
		close(over)
		working.Wait()
	}
}

// feed tells the watchdog that leader is alive, and nothing while it isn't: then systemd
// ends it, and starts it anew. Alive means that the election and what looks after the
// command go on, not that they succeed: a Redis that is away must not have everybody
// restarted, again and again. A process that is frozen doesn't get here at all.
func (s *systemd) feed(every time.Duration, over <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if !s.election.isOverdue() && !s.command.isOverdue() {
			s.mu.Lock()
			s.tell(daemon.SdNotifyWatchdog)
			s.mu.Unlock()
		}
	}
}

// goesOn notes that the election does. How soon it must do so again depends on how many
// take part: each asks once in 10 ms times that many.
func (s *systemd) goesOn() {
	s.election.beat(s.patience + 2*time.Duration(s.crowd.Load())*10*time.Millisecond)
}

// watch returns the store, and has its use show that the election goes on: a follower that
// hears nothing new has nothing to report.
func (s *systemd) watch(store *redisstore.Store) pulsing { return pulsing{store, s} }

type pulsing struct {
	*redisstore.Store
	by *systemd
}

func (w pulsing) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	w.by.goesOn()
	state, err := w.Store.Acquire(ctx, bid)
	if err == nil {
		w.by.crowd.Store(int64(state.Candidates))
		w.by.goesOn()
	}
	return state, err
}

func (w pulsing) Renew(ctx context.Context, tenure leaderelection.Tenure) (leaderelection.State, error) {
	w.by.goesOn()
	return w.Store.Renew(ctx, tenure)
}

// pulse is of something that must go on.
type pulse struct{ due atomic.Pointer[time.Time] }

// beat says that it does, and that it will say so again within that time.
func (p *pulse) beat(within time.Duration) {
	due := time.Now().Add(within)
	p.due.Store(&due)
}

// rest says that nothing is to be expected from now on.
func (p *pulse) rest() { p.due.Store(nil) }

func (p *pulse) isOverdue() bool {
	due := p.due.Load()
	return due != nil && time.Now().After(*due)
}
