package storetest

import (
	"time"

	"example.com/leaderelection"
)

// grantTellsTheLease: a grant says what was granted.
func grantTellsTheLease(t *trial) {
	l := t.candidate(t.newElection(), "leader", long).win()
	l.standsFor("Acquire", l.granted, l.granted)
	if l.tenure.Term <= 0 {
		t.Errorf("the first term is %d, want more than 0: 0 stands for no term", l.tenure.Term)
	}
}

// refusalTellsWhoLeads: a follower learns all that it needs from being refused.
func refusalTellsWhoLeads(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	time.Sleep(pause)
	refusal := t.candidate(key, "follower", 2*long).acquire(newClaim())
	t.expect("Acquire while somebody leads", refusal, leaderelection.Held)
	l.standsFor("a refusal", refusal, l.granted)
}

// leaseLastsItsTTL: no longer lease, and no shorter one (F01, F10, F39).
func leaseLastsItsTTL(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "first", short).win()
	second := t.candidate(key, "second", short).winAfter(first)
	second.succeeds(first, first.granted)
}

// leaseLastsItsOwnersTTL: whoever asks with another TTL neither waits for its own
// nor shortens that of the lease (F24).
func leaseLastsItsOwnersTTL(t *trial) {
	key := t.newElection()
	brief := t.candidate(key, "brief", short).win()
	lasting := t.candidate(key, "lasting", long).winAfter(brief)
	lasting.succeeds(brief, brief.granted)

	for range 3 {
		time.Sleep(pause)
		refusal := t.candidate(key, "brief", short).acquire(newClaim())
		t.expect("Acquire with a shorter TTL than the leader's", refusal, leaderelection.Held)
		lasting.standsFor("a refusal of a shorter TTL than the leader's", refusal, lasting.granted)
	}
}

// winAfter bids without pause until earlier's lease has ended, and holds the store
// to the time that it says remains.
func (c *candidate) winAfter(earlier *lease) *lease {
	c.Helper()
	ended := earlier.granted.received.Add(earlier.who.TTL + grain)
	for {
		claim := newClaim()
		a := c.acquire(claim)
		if a.Verdict == leaderelection.Granted {
			return c.leaseOf(claim, a)
		}
		c.expect("Acquire while a lease stands", a, leaderelection.Held)
		if a.sent.After(ended) {
			c.Fatalf("a bid was refused %v after the lease of %v must have ended, %v remaining", a.sent.Sub(ended), earlier.who.TTL, a.Remaining)
		}
		if a.Remaining < 0 || a.Remaining > earlier.who.TTL {
			c.Fatalf("%v of a lease of %v remaining", a.Remaining, earlier.who.TTL)
		}
		if told := a.received.Add(a.Remaining + grain); told.Before(ended) {
			ended = told
		}
		time.Sleep(time.Millisecond)
	}
}
