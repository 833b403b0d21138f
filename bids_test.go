package leaderelection_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// bidders is a store that keeps the bids it was sent.
type bidders struct {
	leaderelection.Store
	mu   sync.Mutex
	bids []leaderelection.Bid
}

func (b *bidders) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	b.mu.Lock()
	b.bids = append(b.bids, bid)
	b.mu.Unlock()
	return b.Store.Acquire(ctx, bid)
}

func (b *bidders) last() leaderelection.Bid {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bids[len(b.bids)-1]
}

// A store that lost its memory knows by what candidates have seen that it did (F11,
// F12), and by the TTL they have heard of for how long to grant nothing (F24).
func TestBidsTellWhatTheCandidateHasHeardOfTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader whose leases are longer than those of a follower
		store := &bidders{Store: memstore.New()}
		leader := newCandidateWith(t, store.Store.(*memstore.Store), leaderelection.Config{InstanceID: "leader", LockTTL: 3 * ttl}).start(t).mustLead(t)
		follower, err := leaderelection.New(store, &leaderelection.Config{InstanceID: "follower"}, leaderelection.WithLogger((&logbook{}).logger()))
		if err != nil {
			t.Fatal(err)
		}
		takePart := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); _ = follower.Start(ctx) }()
			synctest.Wait()
			return func() { cancel(); <-done }
		}
		want := func(when string, term int64, ttl time.Duration) {
			t.Helper()
			if bid := store.last(); bid.SeenTerm != term || bid.SeenTTL != ttl {
				t.Errorf("%s it bids having seen term %d with a TTL of %v, want %d and %v", when, bid.SeenTerm, bid.SeenTTL, term, ttl)
			}
		}

		// when it asks again and again, and in another run, then each bid tells of the term
		stop := takePart()
		want("at first", 0, 0)
		pass(retry)
		want("after a refusal", leader.Term(), 3*ttl)
		stop()
		stop = takePart()
		want("when it takes part again", leader.Term(), 3*ttl)

		// and, once it led itself, of its own
		leader.cancel()
		pass(retry)
		own := follower.Term()
		if own == 0 {
			t.Fatal("it does not lead after the leader's end")
		}
		if err := follower.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(retry)
		want("after a term of its own", own, ttl)
		stop()
	})
}
