package storetest

import (
	"time"

	"example.com/leaderelection"
)

// renewExtends: from the moment of the renewal, not from the lease's end.
func renewExtends(t *trial) {
	l := t.candidate(t.newElection(), "leader", long).win()
	for range 3 {
		time.Sleep(pause)
		renewed := l.renew()
		t.expect("the leader's Renew", renewed, leaderelection.Granted)
		l.standsFor("the leader's Renew", renewed, renewed)

		read := l.read()
		t.expect("Read after a renewal", read, leaderelection.Held)
		l.standsFor("Read after a renewal", read, renewed)
	}
}

// renewKeepsTheLeaseStanding: beyond its first TTL, until the TTL after the last
// renewal has passed; then it ends.
func renewKeepsTheLeaseStanding(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", short).win()
	rival := t.candidate(key, "rival", short)
	confirmed := l.granted
	for i := 0; ; i++ {
		claim := newClaim()
		a := rival.acquire(claim)
		if a.Verdict == leaderelection.Granted {
			// After the last renewal, or because the machine is too slow to renew in time.
			rival.leaseOf(claim, a).succeeds(l, confirmed)
			return
		}
		t.expect("a rival's Acquire", a, leaderelection.Held)
		if a.sent.After(confirmed.received.Add(short + grain)) {
			t.Fatalf("a bid was refused %v after the last renewal was answered: the lease lasts %v", a.sent.Sub(confirmed.received), short)
		}
		if time.Since(l.granted.sent) < 2*short {
			if renewed := l.renew(); renewed.Verdict == leaderelection.Granted {
				confirmed = renewed
			}
		}
		time.Sleep(short / 20)
	}
}

// renewOfALapsedLeaseIsHonest: a lease that has ended, and that nobody was granted
// since, may be put back or be lost; it stands if and only if the answer says so.
func renewOfALapsedLeaseIsHonest(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", short).win()
	l.end()
	renewed := l.renew()
	next := t.candidate(key, "next", short)
	switch renewed.Verdict {
	case leaderelection.Granted:
		again := l.leaseOf(l.tenure.Claim, renewed)
		if again.tenure.Term != l.tenure.Term {
			t.Errorf("the Renew of a lapsed lease answered term %d, want its own, %d", again.tenure.Term, l.tenure.Term)
		}
		next.winAfter(again).succeeds(again, renewed)
	case leaderelection.Lost:
		t.expect("Acquire after a lapsed lease was lost", next.acquire(newClaim()), leaderelection.Granted)
	default:
		t.Fatalf("the Renew of a lapsed lease answered %v, want granted or lost", renewed.Verdict)
	}
}

// lateRenewChangesNothing: it finds its lease lost, and its successor's untouched (F09).
func lateRenewChangesNothing(t *trial) {
	for name, endedBy := range map[string]func(*lease){"released": (*lease).release, "lapsed": (*lease).end} {
		key := t.newElection()
		first := t.candidate(key, "first", short).win()
		endedBy(first)
		second := t.candidate(key, "second", long).win()
		time.Sleep(pause)

		t.expect("the Renew of a "+name+" lease that has a successor", first.renew(), leaderelection.Lost)
		second.untouched("the Renew of a "+name+" predecessor", second.granted)
	}
}

// renewAfterReleaseIsLost: a renewal that its own release has overtaken brings
// nothing back (F09).
func renewAfterReleaseIsLost(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "first", long).win()
	first.release()
	t.expect("the Renew of a released lease", first.renew(), leaderelection.Lost)
	t.expect("Acquire after it", t.candidate(key, "second", long).acquire(newClaim()), leaderelection.Granted)
}
