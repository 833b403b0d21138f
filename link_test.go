package leaderelection_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// link is one candidate's way to a store that all candidates share: the place
// where a test does what networks do.
type link struct {
	store *memstore.Store
	hints func(ctx context.Context, key, id string) <-chan leaderelection.Hint // instead of the store's own
	crowd int                                                                  // how many candidates the store says there are

	unblock chan struct{} // closed at the end of the test: what hangs then returns

	mu       sync.Mutex
	faults   map[operation]fault   // of every call
	once     map[operation][]fault // of the next calls
	requests []request
	open     int
	mostOpen int
}

type operation string

const (
	acquire  operation = "acquire"
	renew    operation = "renew"
	release  operation = "release"
	read     operation = "read"
	announce operation = "announce"
	retract  operation = "retract"
)

var everything = []operation{acquire, renew, release, read, announce, retract}

// request is a call as it was sent.
type request struct {
	operation operation
	sent      time.Time
	claim     string
	term      int64
}

// fault stands between a candidate and the store for one call. execute does the
// call at the store, as often as it is called and whenever; an error returned is
// the candidate's answer instead of the store's.
type fault func(ctx context.Context, execute func()) error

func newLink(t *testing.T, store *memstore.Store) *link {
	l := &link{store: store, faults: map[operation]fault{}, once: map[operation][]fault{}, unblock: make(chan struct{})}
	t.Cleanup(func() { close(l.unblock) })
	return l
}

// errBroken is an error of no particular kind.
var errBroken = errors.New("connection reset by peer")

// failing answers with an error, and does not reach the store.
func failing(err error) fault {
	return func(context.Context, func()) error { return err }
}

// blackHole swallows the request. The client at least heeds its ctx.
func blackHole(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}

// answerLost executes the request, and swallows the answer.
func answerLost(ctx context.Context, execute func()) error {
	execute()
	<-ctx.Done()
	return ctx.Err()
}

// hung swallows the request, and its client does not heed its ctx.
func (l *link) hung(context.Context, func()) error {
	<-l.unblock
	return errBroken
}

// slow takes its time there and back, and its client does not heed its ctx.
func slow(there, back time.Duration) fault {
	return func(_ context.Context, execute func()) error {
		time.Sleep(there)
		execute()
		time.Sleep(back)
		return nil
	}
}

// breaks makes every later call of these kinds meet the fault.
func (l *link) breaks(f fault, operations ...operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range operations {
		l.faults[o] = f
	}
}

// next makes the next calls of that kind meet these faults, one each.
func (l *link) next(o operation, faults ...fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.once[o] = append(l.once[o], faults...)
}

func (l *link) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.faults)
	clear(l.once)
}

// sent returns the calls of that kind, in the order of their sending.
func (l *link) sent(o operation) (chosen []request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.requests {
		if r.operation == o {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// mostEverOpen is how many calls were under way at the same time.
func (l *link) mostEverOpen() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mostOpen
}

func (l *link) pass(ctx context.Context, r request, execute func(context.Context) error) (err error) {
	f := l.enter(r)
	defer l.leave()
	lost := f(ctx, func() { err = execute(context.WithoutCancel(ctx)) })
	if lost != nil {
		return lost
	}
	return err
}

func (l *link) enter(r request) fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.sent = time.Now()
	l.requests = append(l.requests, r)
	l.open++
	l.mostOpen = max(l.mostOpen, l.open)
	if queued := l.once[r.operation]; len(queued) > 0 {
		l.once[r.operation] = queued[1:]
		return queued[0]
	}
	if f := l.faults[r.operation]; f != nil {
		return f
	}
	return func(_ context.Context, execute func()) error { execute(); return nil }
}

func (l *link) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

func (l *link) Acquire(ctx context.Context, bid leaderelection.Bid) (state leaderelection.State, err error) {
	err = l.pass(ctx, request{operation: acquire, claim: bid.Claim}, func(ctx context.Context) (err error) {
		state, err = l.store.Acquire(ctx, bid)
		state.Candidates = l.crowd
		return err
	})
	return state, err
}

func (l *link) Renew(ctx context.Context, tenure leaderelection.Tenure) (state leaderelection.State, err error) {
	err = l.pass(ctx, request{operation: renew, claim: tenure.Claim, term: tenure.Term}, func(ctx context.Context) (err error) {
		state, err = l.store.Renew(ctx, tenure)
		return err
	})
	return state, err
}

func (l *link) Release(ctx context.Context, tenure leaderelection.Tenure) error {
	return l.pass(ctx, request{operation: release, claim: tenure.Claim, term: tenure.Term}, func(ctx context.Context) error {
		return l.store.Release(ctx, tenure)
	})
}

func (l *link) Read(ctx context.Context, candidate leaderelection.Candidate) (state leaderelection.State, err error) {
	err = l.pass(ctx, request{operation: read}, func(ctx context.Context) (err error) {
		state, err = l.store.Read(ctx, candidate)
		return err
	})
	return state, err
}

func (l *link) Watch(ctx context.Context, key, id string) <-chan leaderelection.Hint {
	if l.hints != nil {
		return l.hints(ctx, key, id)
	}
	return l.store.Watch(ctx, key, id)
}

// Announce and Retract make link an Announcer, so that tests meet an election that
// makes every kind of call.
func (l *link) Steer(ctx context.Context, key string, order leaderelection.Order) (leaderelection.State, error) {
	return l.store.Steer(ctx, key, order)
}

func (l *link) Announce(ctx context.Context, tenure leaderelection.Tenure, _ leaderelection.LeaderInfo) error {
	return l.pass(ctx, request{operation: announce, claim: tenure.Claim, term: tenure.Term}, func(context.Context) error { return nil })
}

func (l *link) Retract(ctx context.Context, tenure leaderelection.Tenure) error {
	return l.pass(ctx, request{operation: retract, claim: tenure.Claim, term: tenure.Term}, func(context.Context) error { return nil })
}

var _ interface {
	leaderelection.Store
	leaderelection.Watcher
	leaderelection.Announcer
} = (*link)(nil)
