package leaderelection_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// The pace of all candidates that a test does not configure otherwise.
const (
	ttl       = leaderelection.DefaultLockTTL
	heartbeat = leaderelection.DefaultHeartbeatInterval
	retry     = leaderelection.DefaultRetryInterval
	margin    = ttl / 10
	belief    = ttl - margin // how long a lease is believed in, from the sending of its request
	drain     = leaderelection.DefaultDrainTimeout
)

// candidate is an Election under test, with everything that can be seen of it.
type candidate struct {
	*leaderelection.Election
	link   *link
	clocks *leaderelection.Clocks
	events *eventLog
	logs   *logbook

	cancel context.CancelFunc // ends the ctx of Start
	done   chan struct{}      // closed when Start has returned
	err    error              // what it returned
}

func newCandidate(t *testing.T, store *memstore.Store, id string, opts ...leaderelection.Option) *candidate {
	t.Helper()
	return newCandidateWith(t, store, leaderelection.Config{InstanceID: id}, opts...)
}

func newCandidateWith(t *testing.T, store *memstore.Store, config leaderelection.Config, opts ...leaderelection.Option) *candidate {
	t.Helper()
	c := &candidate{
		link:   newLink(t, store),
		clocks: &leaderelection.Clocks{},
		events: &eventLog{},
		logs:   &logbook{},
		done:   make(chan struct{}),
	}
	opts = append([]leaderelection.Option{leaderelection.WithLogger(c.logs.logger()), leaderelection.WithObserver(c.events)}, opts...)
	election, err := leaderelection.New(c.link, &config, opts...)
	if err != nil {
		t.Fatal(err)
	}
	c.Election = election
	c.UseClocks(c.clocks)
	return c
}

// start runs Start until the test ends, or until the test ends it.
func (c *candidate) start(t *testing.T) *candidate {
	return c.run(t, c.Start)
}

// lead runs Lead likewise.
func (c *candidate) lead(t *testing.T, work func(context.Context) error) *candidate {
	return c.run(t, func(ctx context.Context) error { return c.Lead(ctx, work) })
}

func (c *candidate) run(t *testing.T, take func(context.Context) error) *candidate {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if c.cancel != nil {
		<-c.done // it was run before
	}
	c.cancel = cancel
	done := make(chan struct{})
	c.done = done
	go func() {
		defer close(done)
		c.err = take(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	synctest.Wait()
	return c
}

// mustLead fails the test unless c leads.
func (c *candidate) mustLead(t *testing.T) *candidate {
	t.Helper()
	if !c.IsLeader() {
		t.Fatalf("%s does not lead; its events: %v", c.GetInstanceID(), c.events.kinds())
	}
	return c
}

// mustNotLead fails the test if c leads.
func (c *candidate) mustNotLead(t *testing.T) {
	t.Helper()
	if c.IsLeader() {
		t.Fatalf("%s leads; its events: %v", c.GetInstanceID(), c.events.kinds())
	}
}

// mustReturn waits for Start or Lead, and fails the test unless it returned want.
func (c *candidate) mustReturn(t *testing.T, want error) {
	t.Helper()
	<-c.done
	if !errors.Is(c.err, want) {
		t.Fatalf("it returned %v, want %v", c.err, want)
	}
}

func (c *candidate) returned() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// crash cuts c off for good, as the end of its process would.
func (c *candidate) crash() { c.link.breaks(blackHole, everything...) }

// tenure is how a test takes the lease for c's own: it knows the last claim.
func (c *candidate) tenure() leaderelection.Tenure {
	requests := c.link.sent(acquire)
	return leaderelection.Tenure{
		Candidate: leaderelection.Candidate{Key: leaderelection.DefaultRedisKeyName},
		Claim:     requests[len(requests)-1].claim,
	}
}

// depose takes c's lease away behind its back.
func (c *candidate) depose(t *testing.T) {
	t.Helper()
	if err := c.link.store.Release(t.Context(), c.tenure()); err != nil {
		t.Fatal(err)
	}
}

// leaderIn asks the store itself who leads, "" if nobody. It may also be asked by what goes
// on for a moment when the test has ended.
func leaderIn(t *testing.T, store *memstore.Store) string {
	t.Helper()
	state, err := store.Read(context.WithoutCancel(t.Context()), leaderelection.Candidate{Key: leaderelection.DefaultRedisKeyName})
	if err != nil {
		t.Fatal(err)
	}
	if state.Leader == nil {
		return ""
	}
	return state.Leader.InstanceID
}

// pass lets time pass, and everything happen that then happens.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// untilCancelled is work that does as it is told.
func untilCancelled(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// passToRenewal lets time pass until the next renewal is under way, or answered.
func (c *candidate) passToRenewal() {
	for sent, tries := len(c.link.sent(renew)), 0; len(c.link.sent(renew)) == sent && tries < 1000; tries++ {
		pass(heartbeat / 1000)
	}
}
