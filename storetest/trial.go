package storetest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"example.com/leaderelection"
)

const (
	short    = 300 * time.Millisecond // for leases that are left to end
	long     = 30 * time.Second       // for leases that must stand however slow the machine is
	patience = 10 * time.Second       // for what must happen, but at no certain moment
	pause    = 20 * time.Millisecond  // what an unwanted extension has to be longer than to be seen
	grain    = 2 * time.Millisecond   // stores count milliseconds, and their clocks are slewed
)

// trial is one promise tested on one store. It takes any testing.TB, so that the
// suite's own tests can watch it fail.
type trial struct {
	testing.TB
	store leaderelection.Store
}

// answer is what a call returned, and the two moments between which the store
// executed it.
type answer struct {
	leaderelection.State
	sent, received time.Time
}

// newKey returns the name of an election that the store has never heard of.
func (t *trial) newKey() string { return "storetest:" + rand.Text() }

// newElection returns the name of an election in which nobody leads, and whose
// first lease is behind it: should a store that has only just started quarantine
// what it does not know, then it has done so for a short TTL, and long leases cost
// no time.
func (t *trial) newElection() string {
	t.Helper()
	key := t.newKey()
	t.settle(key)
	return key
}

func (t *trial) settle(key string) {
	t.Helper()
	t.candidate(key, "settler", short).win().release()
}

func (t *trial) candidate(key, id string, ttl time.Duration) *candidate {
	return &candidate{trial: t, who: leaderelection.Candidate{
		Key: key, InfoKey: key + ":info", ID: id, Hostname: "host-of-" + id, TTL: ttl, Retry: short,
	}}
}

// call runs one call under a deadline, as the election does. Its error may come
// back on any goroutine, so it fails nothing.
func (t *trial) call(request func(ctx context.Context) (leaderelection.State, error)) (answer, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sent := time.Now()
	state, err := request(ctx)
	return answer{state, sent, time.Now()}, err
}

// must fails the test where the store did not answer: the suite tests stores that work.
func (t *trial) must(what string, a answer, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return a
}

// candidate takes part in one election, by hand.
type candidate struct {
	*trial
	who leaderelection.Candidate
}

func newClaim() string { return rand.Text() }

func (c *candidate) tryBid(bid leaderelection.Bid) (answer, error) {
	bid.Candidate = c.who
	return c.call(func(ctx context.Context) (leaderelection.State, error) { return c.store.Acquire(ctx, bid) })
}

func (c *candidate) bid(bid leaderelection.Bid) answer {
	c.Helper()
	a, err := c.tryBid(bid)
	return c.must("Acquire", a, err)
}

func (c *candidate) acquire(claim string) answer {
	c.Helper()
	return c.bid(leaderelection.Bid{Claim: claim})
}

// win bids until it is granted a lease.
func (c *candidate) win() *lease {
	c.Helper()
	return c.winBeyond(0)
}

// winBeyond is win for a candidate that has heard of term seen.
func (c *candidate) winBeyond(seen int64) *lease {
	c.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(grain) {
		claim := newClaim()
		granted := c.bid(leaderelection.Bid{Claim: claim, SeenTerm: seen})
		switch {
		case granted.Verdict == leaderelection.Granted:
			return c.leaseOf(claim, granted)
		case granted.Verdict != leaderelection.Held && granted.Verdict != leaderelection.Quarantined:
			c.Fatalf("Acquire with a new claim answered %v, want granted, held or quarantined", granted.Verdict)
		case granted.received.After(deadline):
			c.Fatalf("nobody leads the election, and yet nothing was granted within %v: the last answer was %v, %v remaining", patience, granted.Verdict, granted.Remaining)
		}
	}
}

func (c *candidate) leaseOf(claim string, granted answer) *lease {
	return &lease{
		candidate: c,
		tenure:    leaderelection.Tenure{Candidate: c.who, Claim: claim, Term: granted.Term, Since: granted.Now},
		granted:   granted,
	}
}

func (c *candidate) tryRenew(tenure leaderelection.Tenure) (answer, error) {
	return c.call(func(ctx context.Context) (leaderelection.State, error) { return c.store.Renew(ctx, tenure) })
}

func (c *candidate) renew(tenure leaderelection.Tenure) answer {
	c.Helper()
	a, err := c.tryRenew(tenure)
	return c.must("Renew", a, err)
}

func (c *candidate) tryRelease(tenure leaderelection.Tenure) error {
	_, err := c.call(func(ctx context.Context) (leaderelection.State, error) {
		return leaderelection.State{}, c.store.Release(ctx, tenure)
	})
	return err
}

func (c *candidate) release(tenure leaderelection.Tenure) {
	c.Helper()
	if err := c.tryRelease(tenure); err != nil {
		c.Fatalf("Release: %v", err)
	}
}

func (c *candidate) read() answer {
	c.Helper()
	a, err := c.call(func(ctx context.Context) (leaderelection.State, error) { return c.store.Read(ctx, c.who) })
	return c.must("Read", a, err)
}

// lease is one that the store granted.
type lease struct {
	*candidate
	tenure  leaderelection.Tenure
	granted answer
}

func (l *lease) renew() answer {
	l.Helper()
	return l.candidate.renew(l.tenure)
}

func (l *lease) release() {
	l.Helper()
	l.candidate.release(l.tenure)
}

// end waits until the lease has certainly ended.
func (l *lease) end() {
	time.Sleep(time.Until(l.granted.received.Add(l.who.TTL + grain)))
}
