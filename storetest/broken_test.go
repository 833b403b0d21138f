package storetest

import (
	"context"
	"strings"
	"sync"
	"time"

	"example.com/leaderelection"
)

// ctx is short for what every method here passes on.
type ctx = context.Context

// intercepted is a store with some of its methods replaced. Each replacement gets
// the store that works. It watches only if watch is set.
type intercepted struct {
	leaderelection.Store
	acquire func(leaderelection.Store, ctx, leaderelection.Bid) (leaderelection.State, error)
	renew   func(leaderelection.Store, ctx, leaderelection.Tenure) (leaderelection.State, error)
	release func(leaderelection.Store, ctx, leaderelection.Tenure) error
	read    func(leaderelection.Store, ctx, leaderelection.Candidate) (leaderelection.State, error)
	watch   func(s store, ctx ctx, key, id string) <-chan leaderelection.Hint
}

func (s intercepted) Acquire(ctx ctx, bid leaderelection.Bid) (leaderelection.State, error) {
	if s.acquire == nil {
		return s.Store.Acquire(ctx, bid)
	}
	return s.acquire(s.Store, ctx, bid)
}

func (s intercepted) Renew(ctx ctx, tenure leaderelection.Tenure) (leaderelection.State, error) {
	if s.renew == nil {
		return s.Store.Renew(ctx, tenure)
	}
	return s.renew(s.Store, ctx, tenure)
}

func (s intercepted) Release(ctx ctx, tenure leaderelection.Tenure) error {
	if s.release == nil {
		return s.Store.Release(ctx, tenure)
	}
	return s.release(s.Store, ctx, tenure)
}

func (s intercepted) Read(ctx ctx, candidate leaderelection.Candidate) (leaderelection.State, error) {
	if s.read == nil {
		return s.Store.Read(ctx, candidate)
	}
	return s.read(s.Store, ctx, candidate)
}

func (s intercepted) Watch(ctx ctx, key, id string) <-chan leaderelection.Hint {
	if s.watch == nil {
		return nil
	}
	return s.watch(s.Store, ctx, key, id)
}

// answering is a store that changes what it is asked, what it answers, or both.
func answering(works leaderelection.Store, ask func(*leaderelection.Candidate), answer func(*leaderelection.State)) leaderelection.Store {
	if ask == nil {
		ask = func(*leaderelection.Candidate) {}
	}
	told := func(state leaderelection.State, err error) (leaderelection.State, error) {
		if answer != nil {
			answer(&state)
		}
		return state, err
	}
	return intercepted{
		Store: works,
		acquire: func(s leaderelection.Store, ctx ctx, bid leaderelection.Bid) (leaderelection.State, error) {
			ask(&bid.Candidate)
			return told(s.Acquire(ctx, bid))
		},
		renew: func(s leaderelection.Store, ctx ctx, tenure leaderelection.Tenure) (leaderelection.State, error) {
			ask(&tenure.Candidate)
			return told(s.Renew(ctx, tenure))
		},
		release: func(s leaderelection.Store, ctx ctx, tenure leaderelection.Tenure) error {
			ask(&tenure.Candidate)
			return s.Release(ctx, tenure)
		},
		read: func(s leaderelection.Store, ctx ctx, candidate leaderelection.Candidate) (leaderelection.State, error) {
			ask(&candidate)
			return told(s.Read(ctx, candidate))
		},
	}
}

// holders remembers the tenure that holds each election's lease, for stores that
// do to it what they were asked to do to another.
type holders struct {
	mu      sync.Mutex
	tenures map[string]leaderelection.Tenure
}

func (h *holders) get(key string) (leaderelection.Tenure, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tenure, ok := h.tenures[key]
	return tenure, ok
}

func (h *holders) acquire(s leaderelection.Store, ctx ctx, bid leaderelection.Bid) (leaderelection.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	state, err := s.Acquire(ctx, bid)
	if state.Verdict == leaderelection.Granted && err == nil {
		if h.tenures == nil {
			h.tenures = map[string]leaderelection.Tenure{}
		}
		h.tenures[bid.Key] = leaderelection.Tenure{Candidate: bid.Candidate, Claim: bid.Claim, Term: state.Term}
	}
	return state, err
}

// cautious quarantines every election that it is told has a past it doesn't know.
type cautious struct {
	leaderelection.Store
	mu    sync.Mutex
	past  map[string]*past
	never bool // ends no quarantine: every attempt begins it anew
	hasty bool // ends every quarantine at the second attempt
}

type past struct {
	until    time.Time
	survivor leaderelection.Tenure // who renewed in the quarantine
	renewed  time.Time
}

func newCautious(works leaderelection.Store) *cautious {
	return &cautious{Store: works, past: map[string]*past{}}
}

func (c *cautious) Acquire(ctx ctx, bid leaderelection.Bid) (leaderelection.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	known, err := c.Read(ctx, bid.Candidate)
	p := c.past[bid.Key]
	if err == nil && bid.SeenTerm > known.Term && (p == nil || c.never) {
		p = &past{until: now.Add(max(bid.TTL, bid.SeenTTL))}
		c.past[bid.Key] = p
	} else if p != nil && c.hasty {
		p.until = now
	}
	if p != nil && (p.stands(now) || now.Before(p.until)) {
		return p.state(now), nil
	}
	return c.Store.Acquire(ctx, bid)
}

func (c *cautious) Renew(ctx ctx, tenure leaderelection.Tenure) (leaderelection.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.past[tenure.Key]
	if now := time.Now(); p != nil && now.Before(p.until) {
		p.survivor, p.renewed = tenure, now
		state := p.state(now)
		state.Verdict = leaderelection.Granted
		return state, nil
	}
	return c.Store.Renew(ctx, tenure)
}

func (c *cautious) Read(ctx ctx, candidate leaderelection.Candidate) (leaderelection.State, error) {
	if p := c.past[candidate.Key]; p != nil && p.stands(time.Now()) {
		return p.state(time.Now()), nil
	}
	return c.Store.Read(ctx, candidate)
}

func (p *past) stands(now time.Time) bool { return now.Before(p.renewed.Add(p.survivor.TTL)) }

func (p *past) state(now time.Time) leaderelection.State {
	if !p.stands(now) {
		return leaderelection.State{Verdict: leaderelection.Quarantined, Remaining: p.until.Sub(now), Now: now}
	}
	return leaderelection.State{
		Verdict: leaderelection.Held, Term: p.survivor.Term, TTL: p.survivor.TTL, Now: now,
		Remaining: p.renewed.Add(p.survivor.TTL).Sub(now),
		Leader:    &leaderelection.LeaderInfo{InstanceID: p.survivor.ID, Term: p.survivor.Term},
	}
}

// normalized is what a store that thinks it knows better makes of a name.
func normalized(name string) string { return strings.TrimSpace(strings.ReplaceAll(name, "\x00", "")) }
