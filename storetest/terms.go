package storetest

import (
	"fmt"
	"time"

	"example.com/leaderelection"
)

// termsGrow: over releases and over lapses (P2).
func termsGrow(t *trial) {
	key := t.newElection()
	last := t.candidate(key, "candidate-0", long).win()
	for i := range 20 {
		last.release()
		next := t.candidate(key, fmt.Sprint("candidate-", (i+1)%3), long).win()
		next.succeedsReleased(last)
		last = next
	}
	last.release()

	lapsing := t.candidate(key, "lapsing", short).win()
	lapsing.succeedsReleased(last)
	lapsing.end()
	after := t.candidate(key, "after", short).win()
	after.succeeds(lapsing, lapsing.granted)
}

// succeedsReleased expects l's term to follow that of earlier, which was released.
func (l *lease) succeedsReleased(earlier *lease) {
	l.Helper()
	if l.tenure.Term <= earlier.tenure.Term {
		l.Errorf("term %d follows term %d: terms grow", l.tenure.Term, earlier.tenure.Term)
	}
}

// termsGrowBeyond: a candidate that has heard of a term is granted a greater one,
// also where a floating-point number could not tell the two apart (P2, F12).
func termsGrowBeyond(seen int64) func(*trial) {
	return func(t *trial) {
		key := t.newElection()
		l := t.candidate(key, "leader", short).winBeyond(seen)
		if l.tenure.Term <= seen {
			t.Fatalf("a bid that has seen term %d was granted term %d", seen, l.tenure.Term)
		}
		l.release()

		next := t.candidate(key, "next", long).win()
		next.succeedsReleased(l)
		next.standsFor("Acquire", next.granted, next.granted)

		older := next.tenure
		older.Term--
		t.expect(fmt.Sprintf("Renew of term %d in term %d", older.Term, next.tenure.Term), next.candidate.renew(older), leaderelection.Lost)
		next.untouched("a Renew of the term before", next.granted)
	}
}

// aSeenTerm is one that a store which does not know the election never granted.
const aSeenTerm = 41

// lossIsWaitedOut: who bids with a term that the store has never heard of shows
// the store that it may have lost its data. Unless the store knows better, it
// grants nothing for the longest TTL it is told of; then it does, once and for all
// the candidates that ask (F11, F24, F40).
func lossIsWaitedOut(t *trial) {
	key := t.newKey()
	bid := leaderelection.Bid{SeenTerm: aSeenTerm, SeenTTL: 2 * short}
	bidder := t.candidate(key, "bidder", short)
	bid.Claim = newClaim()
	first := bidder.bid(bid)

	if first.Verdict == leaderelection.Quarantined {
		if first.Remaining <= 0 || first.Remaining > bid.SeenTTL {
			t.Errorf("the quarantine remains for %v, want more than 0 and at most %v, the longest TTL known", first.Remaining, bid.SeenTTL)
		}
		if first.Leader != nil {
			t.Errorf("%q leads in a quarantine, want nobody", first.Leader.InstanceID)
		}
		won := bidder.winBeyond(aSeenTerm)
		if end := first.sent.Add(bid.SeenTTL - grain); won.granted.received.Before(end) {
			t.Errorf("the quarantine ended %v before a lease of %v must have", end.Sub(won.granted.received), bid.SeenTTL)
		}
		first = won.granted
	}
	t.expect("Acquire of an election with a past", first, leaderelection.Granted)
	if first.Term <= aSeenTerm {
		t.Errorf("a bid that has seen term %d was granted term %d", aSeenTerm, first.Term)
	}
}

// lossSparesTheLeader: a leader that lives on through a loss renews, and goes on
// in its term (F11).
func lossSparesTheLeader(t *trial) {
	key := t.newKey()
	bid := leaderelection.Bid{Claim: newClaim(), SeenTerm: aSeenTerm, SeenTTL: long}
	bidder := t.candidate(key, "bidder", long)
	if first := bidder.bid(bid); first.Verdict == leaderelection.Granted {
		t.Skip("the store quarantines nothing: it has not lost anything, and knows it")
	}

	leader := t.candidate(key, "leader", long)
	tenure := leaderelection.Tenure{Candidate: leader.who, Claim: newClaim(), Term: aSeenTerm, Since: time.Now()}
	renewed := leader.renew(tenure)
	t.expect("the Renew of a leader that the store may have forgotten", renewed, leaderelection.Granted)
	l := leader.leaseOf(tenure.Claim, renewed)
	if l.tenure.Term != aSeenTerm {
		t.Errorf("the leader's term is %d after its Renew, want %d as before", l.tenure.Term, aSeenTerm)
	}
	l.untouched("a quarantine", renewed)
}
