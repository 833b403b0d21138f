package storetest

import (
	"time"

	"example.com/leaderelection"
)

// repeatedAcquireIsTheSameGrant: a request that was sent again is told the same
// outcome, and nothing happens twice. If it extended the lease, a candidate that
// counts from its first sending would be right, but one that gave up would
// keep everybody out for longer than its TTL (F07).
func repeatedAcquireIsTheSameGrant(t *trial) {
	l := t.candidate(t.newElection(), "leader", long).win()
	for range 3 {
		time.Sleep(pause)
		again := l.acquire(l.tenure.Claim)
		t.expect("an Acquire sent again", again, leaderelection.Granted)
		l.standsFor("an Acquire sent again", again, l.granted)
	}
	l.untouched("an Acquire sent again", l.granted)
}

// repeatedAcquireAfterTheLeaseIsRefused: a duplicate that arrives when the lease
// has ended would be a lease that nobody knows to hold.
func repeatedAcquireAfterTheLeaseIsRefused(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "first", short).win()
	first.end()
	t.refused("an Acquire sent again after its lease had ended", first.acquire(first.tenure.Claim))

	second := t.candidate(key, "second", long).win()
	t.refused("an Acquire sent again while a successor leads", first.acquire(first.tenure.Claim))
	second.untouched("a predecessor's Acquire sent again", second.granted)
}

// repeatedAcquireAfterReleaseIsRefused: so would one that arrives after the release.
func repeatedAcquireAfterReleaseIsRefused(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "first", long).win()
	first.release()
	t.refused("an Acquire sent again after its lease was released", first.acquire(first.tenure.Claim))

	second := t.candidate(key, "first", long).win()
	second.succeedsReleased(first)
}

// acquireOvertakenByItsReleaseIsRefused: an Acquire that was given up is released
// while it may still be on its way; it must find itself released (F06, F08).
func acquireOvertakenByItsReleaseIsRefused(t *trial) {
	late := t.candidate(t.newElection(), "late", long)
	claim := newClaim()
	late.release(leaderelection.Tenure{Candidate: late.who, Claim: claim})
	t.refused("an Acquire that its own Release has overtaken", late.acquire(claim))
	late.win() // another claim of the same candidate stands nothing in its way
}
