// Package memstore keeps elections in the memory of one process: for tests, and
// for programs whose candidates are goroutines of a single process.
//
// It keeps every rule of [leaderelection.Store], forgets nothing while the
// process lives, and therefore never quarantines. What it cannot do is elect
// among processes: each has a memory of its own.
//
// Leases are measured with [time.Now], so in a [testing/synctest] bubble a lease
// of ten seconds costs no time at all.
package memstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.com/leaderelection"
)

// Store is a [leaderelection.Store] and [leaderelection.Watcher] in memory.
// Candidates compete where they share a Store and a Candidate.Key; two Stores
// know nothing of each other. All methods are safe for concurrent use and never
// wait for more than each other.
//
// A Store has no Close: it runs no goroutines. It remembers every Key it was
// ever asked to acquire, which is what keeps terms growing.
type Store struct {
	mu        sync.Mutex
	elections map[string]*election
	watches   watches
}

var (
	_ leaderelection.Store   = (*Store)(nil)
	_ leaderelection.Watcher = (*Store)(nil)
	_ leaderelection.Steerer = (*Store)(nil)
)

// New returns a Store in which nobody leads anything.
func New() *Store {
	return &Store{elections: map[string]*election{}, watches: watches{}}
}

// Acquire grants bid the lease where none stands, and answers with who holds it
// otherwise. A claim that was spent (its lease has ended, or it was released
// before) is answered with Lost: it will never lead.
//
// The error is ctx's, or says that SeenTerm leaves no greater term.
func (s *Store) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	if err := ctx.Err(); err != nil {
		return leaderelection.State{}, fmt.Errorf("memstore: acquire: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	election := s.election(bid.Key)
	before := election.term
	now := time.Now()
	state, err := election.acquire(bid, now, s.waker(bid.Key))
	switch {
	case election.term != before:
		s.watches.hint(bid.Key, leaderelection.HintElected)
	case err == nil && election.preempts(bid, now, s.waker(bid.Key)):
		s.ask(bid.Key, election, leaderelection.StepDownError{By: bid.ID})
		state = election.state(state.Verdict, now)
	}
	return state, err
}

// Renew extends the lease of tenure's claim and term by its TTL, from now on. A
// lease that has lapsed is put back as long as nobody was granted one since;
// otherwise the answer is Lost and nothing changes. The error is ctx's.
func (s *Store) Renew(ctx context.Context, tenure leaderelection.Tenure) (leaderelection.State, error) {
	if err := ctx.Err(); err != nil {
		return leaderelection.State{}, fmt.Errorf("memstore: renew: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.election(tenure.Key).renew(tenure, time.Now()), nil
}

// Release ends the lease of tenure's claim, if it is the last one granted, and
// spends the claim in any case: an Acquire of it that comes later is refused.
// The error is ctx's.
func (s *Store) Release(ctx context.Context, tenure leaderelection.Tenure) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: release: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.election(tenure.Key).release(tenure, time.Now(), s.waker(tenure.Key)) {
		s.watches.hint(tenure.Key, leaderelection.HintVacant)
	}
	return nil
}

// Read answers with who leads candidate's election: Held, or Vacant. The error
// is ctx's.
func (s *Store) Read(ctx context.Context, candidate leaderelection.Candidate) (leaderelection.State, error) {
	if err := ctx.Err(); err != nil {
		return leaderelection.State{}, fmt.Errorf("memstore: read: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.election(candidate.Key).read(time.Now()), nil
}

// Watch hints at the elections and releases of key until ctx ends; the first
// hint, HintMissed, is there when it returns. It never returns nil, and never
// closes the channel: wait for ctx beside it. A release wakes all candidates: here,
// that costs little.
func (s *Store) Watch(ctx context.Context, key, id string) <-chan leaderelection.Hint {
	s.mu.Lock()
	hints := s.watches.add(key, watcher{id: id})
	s.mu.Unlock()

	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watches.remove(key, hints)
	})
	return hints
}

// waker wakes a candidate of an election, if it can be woken. The caller holds s.mu.
func (s *Store) waker(key string) func(id string) bool {
	return func(id string) bool { return s.watches.tell(key, id, leaderelection.HintVacant) }
}

// election returns the register of key's election. The caller holds s.mu.
func (s *Store) election(key string) *election {
	if s.elections[key] == nil {
		s.elections[key] = &election{}
	}
	return s.elections[key]
}
