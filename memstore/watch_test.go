package memstore_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

const none = leaderelection.Hint(-1)

// waiting takes the hint that waits on the channel, or none.
func waiting(hints <-chan leaderelection.Hint) leaderelection.Hint {
	select {
	case hint := <-hints:
		return hint
	default:
		return none
	}
}

func expectHint(t *testing.T, after string, hints <-chan leaderelection.Hint, want leaderelection.Hint) {
	t.Helper()
	if got := waiting(hints); got != want {
		t.Errorf("hint after %s: %d, want %d", after, got, want)
	}
}

func TestWatchHintsAtOnce(t *testing.T) {
	store := memstore.New()
	hints := store.Watch(t.Context(), "scheduler", "")
	expectHint(t, "the beginning of the watch", hints, leaderelection.HintMissed)
	expectHint(t, "the first hint was read", hints, none)

	leader := win(t, store, bid("leader", "c1"))
	expectHint(t, "a grant", hints, leaderelection.HintElected)
	acquire(t, store, bid("leader", "c1"))
	acquire(t, store, bid("follower", "c2"))
	expectHint(t, "a repeated and a refused Acquire", hints, none)

	release(t, store, leader)
	expectHint(t, "a release", hints, leaderelection.HintVacant)
	release(t, store, leader)
	expectHint(t, "a release of nothing", hints, none)
}

// Losing a HintVacant would cost a RetryInterval without a leader.
func TestVacantIsNeverLostToElected(t *testing.T) {
	store := memstore.New()
	hints := store.Watch(t.Context(), "scheduler", "") // HintMissed waits

	leader := win(t, store, bid("leader", "c1"))
	expectHint(t, "a grant while HintMissed waits", hints, leaderelection.HintMissed)

	release(t, store, leader)
	waiting(hints)
	leader = win(t, store, bid("leader", "c2")) // HintElected waits
	release(t, store, leader)
	expectHint(t, "a release while HintElected waits", hints, leaderelection.HintVacant)
	expectHint(t, "the merged hints were read", hints, none)
}

func TestWatchIsOfOneElection(t *testing.T) {
	store := memstore.New()
	hints := store.Watch(t.Context(), "another", "")
	waiting(hints)
	release(t, store, win(t, store, bid("leader", "c1")))
	expectHint(t, "a release in another election", hints, none)
}

func TestWatchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		ctx, cancel := context.WithCancel(t.Context())
		ending, lasting := store.Watch(ctx, "scheduler", ""), store.Watch(t.Context(), "scheduler", "")
		waiting(ending)
		waiting(lasting)

		cancel()
		synctest.Wait()
		win(t, store, bid("leader", "c1"))
		expectHint(t, "the watch's end", ending, none)
		expectHint(t, "another watch's end", lasting, leaderelection.HintElected)
	})
}

// A release wakes who waits, in no time.
func TestReleaseWakesAFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		leader := win(t, store, bid("leader", "c1"))
		hints := store.Watch(t.Context(), "scheduler", "")
		waiting(hints)

		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			_ = store.Release(context.Background(), leader)
		}()
		<-hints
		win(t, store, bid("follower", "c2"))
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("the follower leads %v after it began to wait, want 1s: at the release", waited)
		}
	})
}
