package storetest

import (
	"time"

	"example.com/leaderelection"
)

// releaseMakesRoom: the next bid is granted, without waiting for anything (P4).
func releaseMakesRoom(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "first", long).win()
	first.release()
	first.release() // repeated by the network: nothing to release, and no error
	claim := newClaim()
	second := t.candidate(key, "second", long)
	granted := second.acquire(claim)
	t.expect("Acquire after a release", granted, leaderelection.Granted)
	second.leaseOf(claim, granted).succeedsReleased(first)
}

// releaseWithoutTermMakesRoom: who does not know the outcome of its bid does not
// know the term either (F06).
func releaseWithoutTermMakesRoom(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "first", long).win()
	unknown := l.tenure
	unknown.Term = 0
	l.candidate.release(unknown)
	t.expect("Acquire after a release without term", t.candidate(key, "second", long).acquire(newClaim()), leaderelection.Granted)
}

// lateReleaseChangesNothing: it finds its successor's lease, and leaves it alone (F10).
func lateReleaseChangesNothing(t *trial) {
	for name, endedBy := range map[string]func(*lease){"released": (*lease).release, "lapsed": (*lease).end} {
		key := t.newElection()
		first := t.candidate(key, "first", short).win()
		endedBy(first)
		second := t.candidate(key, "second", long).win()
		time.Sleep(pause)

		first.release()
		withoutTerm := first.tenure
		withoutTerm.Term = 0
		first.candidate.release(withoutTerm)
		second.untouched("the late Release of a "+name+" predecessor", second.granted)
	}
}
