package storetest

import "example.com/leaderelection"

// The suite's vocabulary: what an answer must say of a lease.

func (t *trial) expect(what string, got answer, want leaderelection.Verdict) {
	t.Helper()
	if got.Verdict != want {
		t.Fatalf("%s answered %v (term %d), want %v", what, got.Verdict, got.Term, want)
	}
}

// refused expects an Acquire of a spent claim to be refused: how is the store's business.
func (t *trial) refused(what string, got answer) {
	t.Helper()
	if got.Verdict == leaderelection.Granted {
		t.Fatalf("%s was granted (term %d): a claim is granted once", what, got.Term)
	}
}

// standsFor expects got to describe l's lease, as it was when confirmed (by its
// grant, or by its last renewal) was answered.
func (l *lease) standsFor(what string, got answer, confirmed answer) {
	l.Helper()
	if got.Term != l.tenure.Term {
		l.Errorf("%s: term %d, want %d", what, got.Term, l.tenure.Term)
	}
	if got.TTL != l.who.TTL {
		l.Errorf("%s: TTL %v, want the holder's %v", what, got.TTL, l.who.TTL)
	}
	if got.Now.IsZero() {
		l.Errorf("%s: Now is zero, want the store's clock", what)
	}
	switch {
	case got.Leader == nil:
		l.Errorf("%s: nobody leads, want %q", what, l.who.ID)
	case got.Leader.InstanceID != l.who.ID || got.Leader.Term != l.tenure.Term:
		l.Errorf("%s: %q leads in term %d, want %q in term %d", what, got.Leader.InstanceID, got.Leader.Term, l.who.ID, l.tenure.Term)
	}

	// The lease ends TTL after confirmed was executed, and got tells how long that
	// is after got was executed.
	least := l.who.TTL - got.received.Sub(confirmed.sent) - grain
	most := min(l.who.TTL, l.who.TTL-got.sent.Sub(confirmed.received)+grain)
	if got.Remaining < least {
		l.Errorf("%s: %v remaining, want at least %v: the lease lasts %v from its confirmation", what, got.Remaining, least, l.who.TTL)
	}
	if got.Remaining > most {
		l.Errorf("%s: %v remaining, want at most %v: nothing extends the lease but its holder's renewal", what, got.Remaining, most)
	}
	if got.Remaining <= 0 {
		l.Errorf("%s: %v remaining, want more than 0 of a lease that stands", what, got.Remaining)
	}
}

// untouched expects that l's lease still stands as confirmed, and that its holder
// can still renew it.
func (l *lease) untouched(after string, confirmed answer) {
	l.Helper()
	read := l.read()
	l.expect("Read after "+after, read, leaderelection.Held)
	l.standsFor("Read after "+after, read, confirmed)

	rival := l.trial.candidate(l.who.Key, "rival-after-all", l.who.TTL)
	l.expect("a rival's Acquire after "+after, rival.acquire(newClaim()), leaderelection.Held)

	renewed := l.renew()
	l.expect("the holder's Renew after "+after, renewed, leaderelection.Granted)
	l.standsFor("the holder's Renew after "+after, renewed, renewed)
}

// succeeds expects l to have begun after earlier ended: by its TTL since it was
// last confirmed, for it was not released.
func (l *lease) succeeds(earlier *lease, confirmed answer) {
	l.Helper()
	if end := confirmed.sent.Add(earlier.who.TTL - grain); l.granted.received.Before(end) {
		l.Errorf("a second lease was granted %v before the first could have ended", end.Sub(l.granted.received))
	}
	if l.tenure.Term <= earlier.tenure.Term {
		l.Errorf("term %d follows term %d: terms grow", l.tenure.Term, earlier.tenure.Term)
	}
}
