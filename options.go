package leaderelection

import (
	"fmt"
	"log/slog"
	"time"
)

// DefaultDrainTimeout is how long callbacks and work have to return after a
// term ended, where WithDrainTimeout does not say otherwise.
const DefaultDrainTimeout = 30 * time.Second

// Option changes what New makes.
type Option func(*settings)

// settings is what options change.
type settings struct {
	logger       *slog.Logger
	observer     Observer
	drainTimeout time.Duration
	safetyMargin time.Duration
	priority     int
	preempts     bool
}

// WithLogger sets where the election logs: one record for each change of state,
// none for each retry. slog.Default() by default. The handler may be slow: it
// runs apart from the election.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) {
		if logger != nil {
			s.logger = logger
		}
	}
}

// WithObserver sets who is told of every event. Given more than once, all are.
func WithObserver(observer Observer) Option {
	return func(s *settings) {
		if observer == nil {
			return
		}
		if earlier := s.observer; earlier != nil {
			s.observer = ObserverFunc(func(event Event) { earlier.Observe(event); observer.Observe(event) })
			return
		}
		s.observer = observer
	}
}

// WithDrainTimeout sets how long callbacks and work have to return after a
// voluntary end (Stop, ctx, Resign), while the lease is still renewed. After it,
// the lease is left to expire and ErrDrainTimeout returned.
func WithDrainTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.drainTimeout = timeout }
}

// WithSafetyMargin sets how long before the store lets a lease end the leader
// stops to lead; LockTTL/10 by default. It is the time in which work that was
// told to stop can do so before somebody else starts, and it makes up for clocks
// that run at slightly different rates. It must be shorter than half of LockTTL.
func WithSafetyMargin(margin time.Duration) Option {
	return func(s *settings) { s.safetyMargin = margin }
}

// mostPriority is as much as a store has to tell apart.
const mostPriority = 1000

// WithPriority has this instance preferred to those of a lower priority, which is 0 by
// default and from -1000 to 1000: among the candidates that are there when nobody leads,
// the highest wins. It is given a second for that, once; so a preferred candidate that
// hangs costs that much. A leader of lower priority leads on: see WithPreemption.
//
// It takes a Store that is a Steerer, and for followers to be woken (Watcher): who can't
// be told that there is something to win isn't waited for.
func WithPriority(priority int) Option {
	return func(s *settings) { s.priority = priority }
}

// WithPreemption has this instance, while it follows a leader of lower priority, ask
// that one to step down. The leader finishes its work first, as after Resign. An instance
// that has given the lead up does not ask before it has led again, and nobody asks a
// leader that an Operator has named.
func WithPreemption() Option {
	return func(s *settings) { s.preempts = true }
}

func newSettings(lockTTL time.Duration, opts []Option) (settings, error) {
	s := settings{
		logger:       slog.Default(),
		drainTimeout: DefaultDrainTimeout,
		safetyMargin: lockTTL / 10,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	if s.drainTimeout <= 0 {
		return s, fmt.Errorf("leaderelection: WithDrainTimeout(%v): use a time greater than zero", s.drainTimeout)
	}
	if s.safetyMargin <= 0 || s.safetyMargin >= lockTTL/2 {
		return s, fmt.Errorf("leaderelection: WithSafetyMargin(%v): use more than zero and less than half of LockTTL (%v)", s.safetyMargin, lockTTL/2)
	}
	if s.priority < -mostPriority || s.priority > mostPriority {
		return s, fmt.Errorf("leaderelection: WithPriority(%d): use a number from %d to %d", s.priority, -mostPriority, mostPriority)
	}
	return s, nil
}
