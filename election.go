package leaderelection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/machine"
)

// Election takes part in one election as one candidate. New makes it; it is
// ready for use at once, and nothing runs until Start or Lead. All methods are
// safe for concurrent use.
type Election struct {
	settings
	store     Store
	candidate Candidate
	timing    timing
	machine   machine.Machine // what this process runs on; replaced by tests

	// current is the lease by which this instance leads, nil when it doesn't. It
	// is the one truth behind IsLeader; whoever finds it lapsed takes it away.
	current atomic.Pointer[lease]

	callbacks       callbacks
	notices         notices
	leaseCalls      calls
	otherCalls      calls
	background      sync.WaitGroup // releases that nothing waits for
	announcements   queue
	announceFailing atomic.Bool

	mu      sync.Mutex
	running *candidacy
	stopped bool

	// What outlasts a candidacy, and belongs to the one that runs: what this
	// instance has heard of terms, and a term of an earlier run whose callbacks or
	// work had not returned within the drain timeout.
	seenTerm   int64
	seenTTL    time.Duration
	ownTerm    int64 // the last that was this instance's own
	unfinished *term
}

var _ LeaderElection = (*Election)(nil)

func init() {
	machine.Replace = func(election any, with machine.Machine) {
		e := election.(*Election)
		e.machine, e.timing.random = with, with.Random
	}
}

// New makes an Election over store. A nil config means DefaultConfig; New
// validates and keeps a copy. It asks nobody: whether the store can be reached
// shows at Start.
func New(store Store, config *Config, opts ...Option) (*Election, error) {
	if store == nil {
		return nil, errors.New("leaderelection: New needs a Store: redisstore.New(client), for one")
	}
	if config == nil {
		config = DefaultConfig()
	}
	own := *config
	if err := own.Validate(); err != nil {
		return nil, err
	}
	settings, err := newSettings(own.LockTTL, opts)
	if err != nil {
		return nil, err
	}
	e := &Election{
		settings:   settings,
		store:      store,
		machine:    machine.Real{},
		leaseCalls: make(calls, leaseCalls),
		otherCalls: make(calls, otherCalls),
		candidate: Candidate{
			Key:      own.RedisKeyName,
			InfoKey:  own.RedisInfoKeyName,
			ID:       own.InstanceID,
			Hostname: own.Hostname,
			TTL:      own.LockTTL,
			Retry:    own.RetryInterval,
			Priority: settings.priority,
		},
	}
	if _, ok := store.(Steerer); !ok && (settings.priority != 0 || settings.preempts) {
		return nil, fmt.Errorf("leaderelection: WithPriority and WithPreemption need a Store that is a Steerer, which %T is not", store)
	}
	if checker, ok := store.(Checker); ok {
		if err := checker.Check(e.candidate); err != nil {
			return nil, err
		}
	}
	e.notices = notices{
		logger:   settings.logger,
		observer: settings.observer,
		of:       &e.candidate,
	}
	var shortened bool
	if e.timing, shortened = newTiming(&own, settings.safetyMargin); shortened {
		e.notices.log(slog.LevelWarn, "HeartbeatInterval leaves no room for a second renewal within a lease; using a shorter one",
			slog.Duration("configured", own.HeartbeatInterval), slog.Duration("used", e.timing.heartbeat))
	}
	return e, nil
}

// Start takes part in the election. It blocks, and returns nil after ctx ended
// or Stop was called, when the lease has been given back. What makes it return
// an error:
//   - *ConfigurationError: the store's first answer showed that retrying cannot help;
//   - *PanicError: a callback panicked;
//   - ErrDrainTimeout: callbacks had not returned within the drain timeout;
//   - ErrAlreadyStarted: Start or Lead is running;
//   - ErrStopped: Stop had been called before.
//
// A store that cannot be reached is none of them: Start goes on trying, and says
// so. Start may be called again once it has returned, unless Stop was called.
func (e *Election) Start(ctx context.Context) error {
	return e.run(ctx, nil)
}

// Lead takes part in the election, and runs work for as long as this instance
// leads, once for each term. When the term ends, the ctx given to work ends with
// the reason as its context.Cause (ErrLeaseExpired, ErrDeposed, ErrResigned,
// ErrStopped), and the lease is released only after work has returned.
//
// If work returns nil by itself, this instance resigns, sits out a RetryInterval
// and goes on as a candidate. If it returns an error, Lead releases the lease
// and returns that error. What it returns after its ctx had ended is returned
// only if Lead ends anyway, and logged otherwise; an error that only says that
// the ctx ended counts as none. Everything else is as with Start.
//
// The ctx's Err compares the clock with the lease at every call, as IsLeader does;
// that of a ctx derived from it tells of the end when the timer has fired.
//
// work must return when its ctx ends, and must not call Stop or Resign and wait
// for them: they wait for work. TermFromContext tells it its fencing token.
func (e *Election) Lead(ctx context.Context, work func(ctx context.Context) error) error {
	if work == nil {
		return errors.New("leaderelection: Lead needs work to do; use Start to take part without")
	}
	return e.run(ctx, work)
}

// IsLeader reports whether this instance leads at this moment. It takes no lock,
// allocates nothing and asks nobody; it is meant to be called as often as one
// likes. No answer holds for longer than the moment it was given in: see the
// package documentation for what that means.
func (e *Election) IsLeader() bool { return e.leading() != nil }

// Term returns the fencing token of the current term while IsLeader, else 0.
func (e *Election) Term() int64 {
	if l := e.leading(); l != nil {
		return l.owner.term
	}
	return 0
}

// leading returns the lease by which this instance leads now, or nil. A lease
// that has lapsed by either clock is taken away here and now, before the timer
// gets to it, so that it cannot come back when the clock is set back (F03).
func (e *Election) leading() *lease {
	for {
		l := e.current.Load()
		if l == nil || l.validAt(e.clock()) {
			return l
		}
		if e.current.CompareAndSwap(l, nil) {
			l.owner.end(ErrLeaseExpired)
			return nil
		}
	}
}

// clock reads both clocks of the machine.
func (e *Election) clock() instant {
	mono, wall := e.machine.Clocks()
	return instant{mono: mono, wall: wall}
}

// GetInstanceID returns the name under which this instance takes part.
func (e *Election) GetInstanceID() string { return e.candidate.ID }

// OnBecomeLeader registers a callback that runs when a term begins, after those
// registered earlier. If this instance leads already, it runs promptly. It runs
// apart from the election and may block, but the next term waits for it. One that
// has not begun when the term ends does not run in that term.
func (e *Election) OnBecomeLeader(callback func()) {
	if callback != nil {
		e.callbacks.onBecome(callback)
	}
}

// OnLoseLeadership registers a callback that runs when a term ends, after those
// registered earlier. By then IsLeader is false and the become callbacks have
// returned, or had the safety margin to do so. If the term ended before the first
// of those could begin, it does not run either. On a voluntary end the lease is
// released only after the callback has returned.
func (e *Election) OnLoseLeadership(callback func()) {
	if callback != nil {
		e.callbacks.onLose(callback)
	}
}

// Resign gives the current term up and stays a candidate, which sits out one
// RetryInterval so that others have the first chance. It blocks until the lease
// has been released, at most until ctx ends or the drain timeout has passed
// (ErrDrainTimeout). ErrNotLeader says that there was nothing to give up.
func (e *Election) Resign(ctx context.Context) error {
	l := e.leading()
	if l == nil {
		return ErrNotLeader
	}
	l.owner.end(ErrResigned)
	select {
	case <-l.owner.released.wait():
		return l.owner.handover
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop ends the candidacy for good, and blocks until Start has returned: work
// and callbacks have ended and the lease is given back. It returns
// ErrDrainTimeout if they had not ended within the drain timeout, which is also
// what happens when a callback or work calls it and waits. It is idempotent, and
// safe before Start and after it.
func (e *Election) Stop() error {
	e.mu.Lock()
	e.stopped = true
	c := e.running
	e.mu.Unlock()
	if c == nil {
		return nil
	}
	c.stop(ErrStopped)
	<-c.done
	if errors.Is(c.err, ErrDrainTimeout) {
		return ErrDrainTimeout
	}
	return nil
}
