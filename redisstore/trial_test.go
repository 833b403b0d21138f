package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

const (
	short    = 500 * time.Millisecond // for leases that are left to end
	medium   = 2 * time.Second        // for leases that are left to end, but not before something else has happened
	long     = 30 * time.Second       // for leases that must stand however slow the machine is
	patience = 20 * time.Second       // for what must happen, but at no certain moment
	grain    = 2 * time.Millisecond   // Redis counts milliseconds
)

// trial is one server and one election on it. What the election keeps there is
// written out in the tests as users find it: "{jobs}:lease" and so on.
type trial struct {
	*testing.T
	server  redistest.Any
	elector *redistest.Server // the server, if the store's user there has minimal permissions
	admin   *redis.Client     // does to the server what others do to it
	store   store
	key     string
}

// each runs test on a real Redis and on the embedded one, each new.
func each(t *testing.T, test func(*trial)) {
	t.Helper()
	redistest.EachInParallel(t, func(t *testing.T, server redistest.Any) { test(newTrial(t, server)) })
}

// onRedis runs test on a real Redis only, for what the embedded one cannot do.
func onRedis(t *testing.T, test func(*trial), opts ...redistest.Option) {
	t.Helper()
	t.Parallel()
	test(newTrial(t, redistest.Start(t, opts...)))
}

// miniTrial is an embedded server for a fuzz test.
func miniTrial(f *testing.F) *trial {
	server := redistest.StartMini(f)
	return &trial{server: server, admin: server.Client(f), store: newStore(f, server.Options()), key: "jobs"}
}

// newTrial returns a trial whose elections have the permissions that docs/redis.md
// says they need, and no others, if it is on a real server without a password.
func newTrial(t *testing.T, server redistest.Any) *trial {
	trial := &trial{T: t, server: server, admin: server.Client(t), key: "jobs"}
	if redis, ok := server.(*redistest.Server); ok && server.Options().Password == "" {
		trial.elector = redis
		redis.PermitUser(minimalUser, minimalRules(t, "jobs", "jobs:info")...)
	}
	trial.store = newStore(t, trial.options())
	return trial
}

// options are those of the trial's user.
func (t *trial) options() *redis.Options {
	options := t.server.Options()
	if t.elector != nil {
		options.Username, options.Password = minimalUser, password
	}
	return options
}

// on is the same server as another test of it sees it, with an election of its own.
func (t *trial) on(sub *testing.T, key string) *trial {
	if key != t.key {
		t.permitAllNames()
	}
	return &trial{T: sub, server: t.server, elector: t.elector, admin: t.admin, store: t.store, key: key}
}

// permitAllNames is for tests with elections of other names. Commands are as few as ever.
func (t *trial) permitAllNames() {
	t.Helper()
	if t.elector != nil {
		t.elector.PermitUser(minimalUser, "allkeys", "allchannels")
	}
}

// do has the server execute a command, as somebody does at its command line.
func (t *trial) do(args ...any) any {
	t.Helper()
	reply, err := t.admin.Do(t.Context(), args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		t.Fatalf("%v: %v", args, err)
	}
	return reply
}

// beOld has the server be up for long enough not to be suspected of having
// forgotten a short lease, nor a long one if it is the embedded one.
func (t *trial) beOld() {
	t.Helper()
	if mini, ok := t.server.(*redistest.Mini); ok {
		mini.AwaitUptime(time.Hour)
	} else {
		t.server.AwaitUptime(2 * time.Second)
	}
}

// settled has the election's first use behind it, and with it the quarantine of
// a server that has only just started. Leases may then be long.
func (t *trial) settled() *trial {
	t.Helper()
	t.candidate("settler", 100*time.Millisecond).win().release()
	return t
}

func (t *trial) candidate(id string, ttl time.Duration) *candidate {
	return &candidate{trial: t, store: t.store, who: leaderelection.Candidate{
		Key: t.key, InfoKey: t.key + ":info", ID: id, Hostname: "host-of-" + id, TTL: ttl, Retry: short,
	}}
}

// answer is what a call returned, and the two moments between which the server
// executed it.
type answer struct {
	leaderelection.State
	sent, received time.Time
}

// candidate takes part by hand.
type candidate struct {
	*trial
	store store
	who   leaderelection.Candidate
	seen  int64 // the highest term it has heard of
	ttl   time.Duration
}

// thatHasSeen returns c, which has heard of a term and of its lease's TTL.
func (c *candidate) thatHasSeen(term int64, ttl time.Duration) *candidate {
	c.seen, c.ttl = term, ttl
	return c
}

func (c *candidate) try(request func(context.Context) (leaderelection.State, error)) (answer, error) {
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	sent := time.Now()
	state, err := request(ctx)
	return answer{state, sent, time.Now()}, err
}

func (c *candidate) must(what string, request func(context.Context) (leaderelection.State, error)) answer {
	c.Helper()
	a, err := c.try(request)
	if err != nil {
		c.Fatalf("%s of %s: %v", what, c.who.ID, err)
	}
	return a
}

func newClaim() string { return rand.Text() }

func (c *candidate) bidOf(claim string) func(context.Context) (leaderelection.State, error) {
	bid := leaderelection.Bid{Candidate: c.who, Claim: claim, SeenTerm: c.seen, SeenTTL: c.ttl}
	return func(ctx context.Context) (leaderelection.State, error) { return c.store.Acquire(ctx, bid) }
}

func (c *candidate) acquire(claim string) answer {
	c.Helper()
	return c.must("Acquire", c.bidOf(claim))
}

// refused bids, and expects anything but a grant.
func (c *candidate) refused(when string) answer {
	c.Helper()
	a := c.acquire(newClaim())
	if a.Verdict != leaderelection.Held && a.Verdict != leaderelection.Quarantined {
		c.Fatalf("%s: Acquire of %s answered %v (term %d), want held or quarantined", when, c.who.ID, a.Verdict, a.Term)
	}
	return a
}

// win bids until it is granted a lease, and holds the server to the time that it
// says remains: no refusal may prolong it.
func (c *candidate) win() *lease {
	c.Helper()
	var due time.Time
	for {
		claim := newClaim()
		a := c.acquire(claim)
		if a.Verdict == leaderelection.Granted {
			return c.leaseOf(claim, a)
		}
		if a.Verdict == leaderelection.Lost {
			continue // so slow a machine that the client sent it again, after the lease that it was granted first
		}
		if a.Verdict != leaderelection.Held && a.Verdict != leaderelection.Quarantined {
			c.Fatalf("Acquire with a new claim answered %v", a.Verdict)
		}
		if !due.IsZero() && a.sent.After(due) {
			c.Fatalf("refused (%v) when the time that was told to remain is over, %v remaining now", a.Verdict, a.Remaining)
		}
		if told := a.received.Add(a.Remaining + grain); due.IsZero() || told.Before(due) {
			due = told
		}
		if a.Remaining < 0 || a.Remaining > patience {
			c.Fatalf("%v remaining: that is nothing to wait for", a.Remaining)
		}
		time.Sleep(min(a.Remaining, 10*time.Millisecond) + time.Millisecond)
	}
}

func (c *candidate) leaseOf(claim string, granted answer) *lease {
	tenure := leaderelection.Tenure{Candidate: c.who, Claim: claim, Term: granted.Term, Since: granted.Now, Reason: "tested"}
	return &lease{candidate: c, tenure: tenure, confirmed: granted}
}

func (c *candidate) read() answer {
	c.Helper()
	return c.must("Read", func(ctx context.Context) (leaderelection.State, error) { return c.store.Read(ctx, c.who) })
}

// lease is one that was granted.
type lease struct {
	*candidate
	tenure    leaderelection.Tenure
	confirmed answer // the grant, or the last renewal
}

func (l *lease) tryRenew() (answer, error) {
	return l.try(func(ctx context.Context) (leaderelection.State, error) { return l.store.Renew(ctx, l.tenure) })
}

// renew expects the lease to stand and to go on in the same term.
func (l *lease) renew(when string) answer {
	l.Helper()
	a, err := l.tryRenew()
	if err != nil {
		l.Fatalf("%s: Renew of %s: %v", when, l.who.ID, err)
	}
	if a.Verdict != leaderelection.Granted || a.Term != l.tenure.Term {
		l.Fatalf("%s: Renew of %s answered %v, term %d; want granted, term %d", when, l.who.ID, a.Verdict, a.Term, l.tenure.Term)
	}
	l.confirmed = a
	return a
}

// lost expects the lease to be another's, or nobody's.
func (l *lease) lost(when string) {
	l.Helper()
	a, err := l.tryRenew()
	if err != nil || a.Verdict != leaderelection.Lost {
		l.Fatalf("%s: Renew of %s answered %v, %v; want lost", when, l.who.ID, a.Verdict, err)
	}
}

func (l *lease) tryRelease() error {
	_, err := l.try(func(ctx context.Context) (leaderelection.State, error) {
		return leaderelection.State{}, l.store.Release(ctx, l.tenure)
	})
	return err
}

func (l *lease) release() {
	l.Helper()
	if err := l.tryRelease(); err != nil {
		l.Fatalf("Release of %s: %v", l.who.ID, err)
	}
}

func (l *lease) announce(info leaderelection.LeaderInfo) error {
	_, err := l.try(func(ctx context.Context) (leaderelection.State, error) {
		return leaderelection.State{}, l.store.Announce(ctx, l.tenure, info)
	})
	return err
}

// end waits until the lease has certainly ended.
func (l *lease) end() { time.Sleep(time.Until(l.confirmed.received.Add(l.who.TTL + grain))) }

// stands expects everybody to see l's lease, and nobody else to get it.
func (l *lease) stands(when string) {
	l.Helper()
	for _, seen := range []int64{0, l.tenure.Term} {
		a := l.candidate.trial.candidate("rival", l.who.TTL).thatHasSeen(seen, l.who.TTL).refused(when)
		if a.Verdict != leaderelection.Held || a.Leader == nil || a.Leader.InstanceID != l.who.ID || a.Leader.Term != l.tenure.Term {
			l.Fatalf("%s: a bid was answered %v, leader %+v; want held by %s in term %d", when, a.Verdict, a.Leader, l.who.ID, l.tenure.Term)
		}
	}
}

// succeeds expects l to have been granted after the time of earlier, in a higher term.
func (l *lease) succeeds(earlier *lease) {
	l.Helper()
	if end := earlier.confirmed.sent.Add(earlier.who.TTL - grain); l.confirmed.received.Before(end) {
		l.Errorf("%s was granted the lease %v before that of %s could have ended", l.who.ID, end.Sub(l.confirmed.received), earlier.who.ID)
	}
	if l.tenure.Term <= earlier.tenure.Term {
		l.Errorf("term %d follows term %d", l.tenure.Term, earlier.tenure.Term)
	}
}

func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
