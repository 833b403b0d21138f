package storetest

import (
	"context"
	"time"

	"example.com/leaderelection"
)

// watch watches key as a candidate until the returned function is called, or with no
// id as an onlooker. It skips the test where the store cannot watch.
func (t *trial) watch(key, id string) (<-chan leaderelection.Hint, context.CancelFunc) {
	t.Helper()
	watcher, ok := t.store.(leaderelection.Watcher)
	if !ok {
		t.Skip("the store is no Watcher")
	}
	ctx, cancel := context.WithCancel(t.Context())
	hints := watcher.Watch(ctx, key, id)
	if hints == nil {
		cancel()
		t.Skip("the store cannot watch here: Watch returned nil")
	}
	return hints, cancel
}

// established is watch, once that has begun.
func (t *trial) established(key, id string) (<-chan leaderelection.Hint, context.CancelFunc) {
	t.Helper()
	hints, stop := t.watch(key, id)
	if !comes(hints, leaderelection.HintMissed, patience) {
		stop()
		t.Fatalf("no HintMissed within %v of the beginning of the watch", patience)
	}
	return hints, stop
}

// comes reports whether a hint arrives within the given time, whatever arrives
// before it.
func comes(hints <-chan leaderelection.Hint, wanted leaderelection.Hint, within time.Duration) bool {
	for timer := time.After(within); ; {
		select {
		case hint, open := <-hints:
			if !open {
				return false
			}
			if hint == wanted {
				return true
			}
		case <-timer:
			return false
		}
	}
}

// watchHints: once the watch is established, and when a lease was given back for which
// the candidate has bid in vain. Hints may get lost, but a watch that never wakes
// anybody is none (F21).
func watchHints(t *trial) {
	key := t.newElection()
	follower := t.candidate(key, "follower", long)
	hints, stop := t.established(key, follower.who.ID)
	defer stop()

	const tries = 5
	for range tries {
		l := t.candidate(key, "leader", long).win()
		t.refused("a bid while somebody leads", follower.acquire(newClaim()))
		comes(hints, leaderelection.HintVacant, pause) // whatever is still on its way
		l.release()
		if comes(hints, leaderelection.HintVacant, patience/tries) {
			return
		}
	}
	t.Errorf("no HintVacant after any of %d releases", tries)
}

// watchTellsOnlookers: of grants and of releases.
func watchTellsOnlookers(t *trial) {
	key := t.newElection()
	hints, stop := t.established(key, "")
	defer stop()

	const tries = 5
	for range tries {
		l := t.candidate(key, "leader", long).win()
		elected := comes(hints, leaderelection.HintElected, patience/tries)
		l.release()
		if elected && comes(hints, leaderelection.HintVacant, patience/tries) {
			return
		}
	}
	t.Errorf("HintElected and HintVacant have not come of any of %d leases", tries)
}

// watchNeverDelaysTheElection: hints that nobody waits for are merged (P5, F22).
func watchNeverDelaysTheElection(t *trial) {
	key := t.newElection()
	hints, stop := t.established(key, "")
	defer stop()
	for range 50 {
		t.candidate(key, "leader", long).win().release()
	}
	if !comes(hints, leaderelection.HintVacant, patience) {
		t.Error("no HintVacant is left after 50 releases that nobody watched")
	}
}

// watchEndsWithItsContext: sooner or later nothing comes any more. Whether the
// channel is then closed is the store's business.
func watchEndsWithItsContext(t *trial) {
	key := t.newElection()
	hints, stop := t.watch(key, "")
	comes(hints, leaderelection.HintMissed, patience)
	stop()

	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		t.candidate(key, "leader", long).win().release()
		timer := time.After(5 * pause)
		select {
		case _, open := <-hints:
			if !open {
				return
			}
			<-timer
		case <-timer:
			return
		}
	}
	t.Errorf("hints still came %v after the watch's context ended", patience)
}
