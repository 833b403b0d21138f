package storetest

import (
	"context"
	"errors"
	"time"

	"example.com/leaderelection"
)

// readTellsWhoLeads: and changes nothing.
func readTellsWhoLeads(t *trial) {
	unknown := t.candidate(t.newKey(), "reader", short).read()
	if v := unknown.Verdict; v != leaderelection.Vacant && v != leaderelection.Quarantined {
		t.Errorf("Read of an election that nobody ever took part in answered %v, want vacant or quarantined", v)
	}
	if unknown.Leader != nil || unknown.Term != 0 {
		t.Errorf("Read of an election that nobody ever took part in: leader %v, term %d, want none", unknown.Leader, unknown.Term)
	}

	key := t.newElection()
	reader := t.candidate(key, "reader", 2*long)
	l := t.candidate(key, "leader", long).win()
	for range 3 {
		time.Sleep(pause)
		read := reader.read()
		t.expect("Read while somebody leads", read, leaderelection.Held)
		l.standsFor("Read while somebody leads", read, l.granted)
	}
	l.release()
	reader.readsVacant("a release", l)

	lapsing := t.candidate(key, "leader", short).win()
	lapsing.end()
	reader.readsVacant("a lapse", lapsing)
}

// readsVacant expects nobody to lead, and the last term to be remembered.
func (c *candidate) readsVacant(after string, last *lease) {
	c.Helper()
	read := c.read()
	c.expect("Read after "+after, read, leaderelection.Vacant)
	if read.Leader != nil {
		c.Errorf("Read after %s: %q leads, want nobody", after, read.Leader.InstanceID)
	}
	if read.Term != last.tenure.Term {
		c.Errorf("Read after %s: term %d, want the last one known, %d", after, read.Term, last.tenure.Term)
	}
}

// endedContextEndsCalls: with an error of unknown outcome, and soon (P5).
func endedContextEndsCalls(t *trial) {
	c := t.candidate(t.newElection(), "candidate", long)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tenure := leaderelection.Tenure{Candidate: c.who, Claim: newClaim(), Term: 1}
	for name, call := range map[string]func() error{
		"Acquire": func() error {
			_, err := t.store.Acquire(ended, leaderelection.Bid{Candidate: c.who, Claim: newClaim()})
			return err
		},
		"Renew":   func() error { _, err := t.store.Renew(ended, tenure); return err },
		"Release": func() error { return t.store.Release(ended, tenure) },
		"Read":    func() error { _, err := t.store.Read(ended, c.who); return err },
	} {
		returned := make(chan error, 1)
		go func() { returned <- call() }()
		select {
		case err := <-returned:
			if err == nil {
				t.Errorf("%s with a context that has ended returned no error", name)
			}
			if configuration := (*leaderelection.ConfigurationError)(nil); errors.As(err, &configuration) {
				t.Errorf("%s with a context that has ended: %v: that is nothing to configure", name, err)
			}
		case <-time.After(patience):
			t.Errorf("%s with a context that has ended did not return within %v", name, patience)
		}
	}
}

// announceSucceedsForTheLeader: announcing is best effort, but there is no reason
// for it to fail while its leader leads.
func announceSucceedsForTheLeader(t *trial) {
	announcer, ok := t.store.(leaderelection.Announcer)
	if !ok {
		t.Skip("the store is no Announcer")
	}
	l := t.candidate(t.newElection(), "leader", long).win()
	info := leaderelection.LeaderInfo{
		InstanceID: l.who.ID, Hostname: l.who.Hostname, Term: l.tenure.Term,
		StartedAt: l.granted.Now, LastHeartbeat: l.granted.Now,
	}
	_, err := t.call(func(ctx context.Context) (leaderelection.State, error) {
		return leaderelection.State{}, announcer.Announce(ctx, l.tenure, info)
	})
	if err != nil {
		t.Errorf("Announce: %v", err)
	}
	l.untouched("an Announce", l.granted)
}
