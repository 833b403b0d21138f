package storetest

import (
	"context"
	"time"

	"example.com/leaderelection"
)

// watch watches key until the returned function is called. It skips the test where
// the store cannot watch.
func (t *trial) watch(key string) (<-chan leaderelection.Hint, context.CancelFunc) {
	t.Helper()
	watcher, ok := t.store.(leaderelection.Watcher)
	if !ok {
		t.Skip("the store is no Watcher")
	}
	ctx, cancel := context.WithCancel(t.Context())
	hints := watcher.Watch(ctx, key)
	if hints == nil {
		cancel()
		t.Skip("the store cannot watch here: Watch returned nil")
	}
	return hints, cancel
}

// wakes reports whether HintVacant arrives within the given time, whatever arrives
// before it.
func wakes(hints <-chan leaderelection.Hint, within time.Duration) bool {
	for timer := time.After(within); ; {
		select {
		case hint, open := <-hints:
			if !open {
				return false
			}
			if hint == leaderelection.HintVacant {
				return true
			}
		case <-timer:
			return false
		}
	}
}

// watchHints: once the watch is established, and when a lease was given back. Hints
// may get lost, but a watch that never wakes anybody is none (F21).
func watchHints(t *trial) {
	key := t.newElection()
	hints, stop := t.watch(key)
	defer stop()
	if !wakes(hints, patience) {
		t.Fatalf("no HintVacant within %v of the beginning of the watch", patience)
	}

	const tries = 5
	for range tries {
		l := t.candidate(key, "leader", long).win()
		wakes(hints, pause) // whatever is still on its way
		l.release()
		if wakes(hints, patience/tries) {
			return
		}
	}
	t.Errorf("no HintVacant after any of %d releases", tries)
}

// watchNeverDelaysTheElection: hints that nobody waits for are merged (P5, F22).
func watchNeverDelaysTheElection(t *trial) {
	key := t.newElection()
	hints, stop := t.watch(key)
	defer stop()
	for range 50 {
		t.candidate(key, "leader", long).win().release()
	}
	if !wakes(hints, patience) {
		t.Error("no HintVacant is left after 50 releases that nobody watched")
	}
}

// watchEndsWithItsContext: sooner or later nothing comes any more. Whether the
// channel is then closed is the store's business.
func watchEndsWithItsContext(t *trial) {
	key := t.newElection()
	hints, stop := t.watch(key)
	wakes(hints, patience)
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
