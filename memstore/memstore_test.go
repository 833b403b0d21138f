package memstore_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
	"example.com/leaderelection/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(*testing.T) leaderelection.Store { return memstore.New() }

func TestConformance(t *testing.T)         { storetest.Run(t, open) }
func TestConformanceInBubble(t *testing.T) { storetest.RunInBubble(t, open) }

const ttl = 10 * time.Second

func candidate(id string) leaderelection.Candidate {
	return leaderelection.Candidate{Key: "scheduler", ID: id, Hostname: "host-of-" + id, TTL: ttl}
}

func bid(id, claim string) leaderelection.Bid {
	return leaderelection.Bid{Candidate: candidate(id), Claim: claim}
}

func acquire(t *testing.T, store *memstore.Store, bid leaderelection.Bid) leaderelection.State {
	t.Helper()
	state, err := store.Acquire(t.Context(), bid)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return state
}

// win acquires, and returns the tenure.
func win(t *testing.T, store *memstore.Store, bid leaderelection.Bid) leaderelection.Tenure {
	t.Helper()
	state := acquire(t, store, bid)
	if state.Verdict != leaderelection.Granted {
		t.Fatalf("Acquire answered %v, want granted", state.Verdict)
	}
	return leaderelection.Tenure{Candidate: bid.Candidate, Claim: bid.Claim, Term: state.Term}
}

func release(t *testing.T, store *memstore.Store, tenure leaderelection.Tenure) {
	t.Helper()
	if err := store.Release(t.Context(), tenure); err != nil {
		t.Fatalf("Release: %v", err)
	}
}

func TestLeaseEndsToTheNanosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		win(t, store, bid("first", "c1"))

		time.Sleep(ttl - time.Nanosecond)
		if state := acquire(t, store, bid("second", "c2")); state.Verdict != leaderelection.Held || state.Remaining != 1 {
			t.Errorf("a nanosecond before the end: %v, %v remaining, want held, 1ns", state.Verdict, state.Remaining)
		}
		time.Sleep(time.Nanosecond)
		win(t, store, bid("second", "c3"))
	})
}

func TestLeaderInfoTellsWhenTheTermBeganAndWasLastRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		began := time.Now()
		leader := win(t, store, bid("leader", "c1"))
		time.Sleep(3 * time.Second)
		if _, err := store.Renew(t.Context(), leader); err != nil {
			t.Fatal(err)
		}
		renewed := time.Now()
		time.Sleep(time.Second)

		state, err := store.Read(t.Context(), candidate("reader"))
		if err != nil || state.Leader == nil {
			t.Fatalf("Read = %+v, %v, want a leader", state, err)
		}
		want := leaderelection.LeaderInfo{
			InstanceID: "leader", Hostname: "host-of-leader", Term: leader.Term,
			StartedAt: began.Round(0), LastHeartbeat: renewed.Round(0),
		}
		if *state.Leader != want {
			t.Errorf("leader = %+v\nwant     %+v", *state.Leader, want)
		}

		state.Leader.InstanceID = "scribbled over by its reader"
		if again, _ := store.Read(t.Context(), candidate("reader")); *again.Leader != want {
			t.Errorf("a reader's change of its answer changed the store: %+v", *again.Leader)
		}
	})
}

// A lease is put back by its holder as long as nobody was granted one since: the
// same as over Redis.
func TestRenewPutsALapsedLeaseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		leader := win(t, store, bid("leader", "c1"))
		time.Sleep(3 * ttl)
		state, err := store.Renew(t.Context(), leader)
		if err != nil || state.Verdict != leaderelection.Granted || state.Term != leader.Term {
			t.Errorf("Renew = %v in term %d, %v, want granted in term %d", state.Verdict, state.Term, err, leader.Term)
		}
		if state := acquire(t, store, bid("rival", "c2")); state.Verdict != leaderelection.Held {
			t.Errorf("a rival's Acquire answered %v, want held", state.Verdict)
		}
	})
}

// A store made later, as by the next process, knows nothing of this one: only time
// keeps its terms greater (P2).
func TestTermsGrowFromOneProcessToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		earlier := win(t, memstore.New(), bid("leader", "c1"))
		time.Sleep(time.Second)
		later := win(t, memstore.New(), bid("leader", "c2"))
		if later.Term <= earlier.Term {
			t.Errorf("term %d follows term %d", later.Term, earlier.Term)
		}
	})
}

func TestThereIsNoTermBeyondTheGreatest(t *testing.T) {
	store := memstore.New()
	last := bid("leader", "c1")
	last.SeenTerm = math.MaxInt64 - 1
	if tenure := win(t, store, last); tenure.Term != math.MaxInt64 {
		t.Errorf("term = %d, want the greatest", tenure.Term)
	}

	store = memstore.New()
	beyond := bid("leader", "c2")
	beyond.SeenTerm = math.MaxInt64
	if state, err := store.Acquire(t.Context(), beyond); err == nil {
		t.Errorf("a bid that has seen the greatest term was answered %v in term %d, want an error", state.Verdict, state.Term)
	}
	if state, _ := store.Read(t.Context(), candidate("reader")); state.Verdict != leaderelection.Vacant {
		t.Errorf("Read after it answered %v, want vacant", state.Verdict)
	}
}

// F08: also when many terms have passed since, as an Acquire on a slow network may
// be overtaken by more than its own release.
func TestSpentClaimsAreRefusedAfterManyTerms(t *testing.T) {
	store := memstore.New()
	for i := range 200 {
		release(t, store, win(t, store, bid("leader", string(rune('A'+i)))))
	}
	if state := acquire(t, store, bid("leader", "A")); state.Verdict != leaderelection.Lost {
		t.Errorf("the first of 200 claims, sent again, was answered %v, want vacant", state.Verdict)
	}
}

func TestEndedContextChangesNothing(t *testing.T) {
	store := memstore.New()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Acquire(ended, bid("late", "c1")); err == nil {
		t.Error("Acquire with a context that has ended returned no error")
	}
	leader := win(t, store, bid("leader", "c2"))
	if err := store.Release(ended, leader); err == nil {
		t.Error("Release with a context that has ended returned no error")
	}
	if state := acquire(t, store, bid("rival", "c3")); state.Verdict != leaderelection.Held {
		t.Errorf("Acquire answered %v, want held", state.Verdict)
	}
}
