package redisstore_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// pair is a primary and its replica, each as somebody sees it who talks to it.
type pair struct{ primary, replica *trial }

func newPair(t *testing.T) pair {
	t.Helper()
	p := pair{newTrial(t, redistest.Start(t)), newTrial(t, redistest.Start(t))}
	p.primary.beOld()
	replicaOf(t, p.replica.admin, p.primary.server.(*redistest.Server))
	return p
}

// promote makes the replica a primary. The other one, which nobody tells, goes on.
func (p pair) promote() { replicaOf(p.replica.T, p.replica.admin, nil) }

// withAcks has the trial's store wait for one replica.
func (t *trial) withAcks() *trial {
	t.permitWait()
	t.store = newStore(t, t.options(), redisstore.WithReplicaAcks(1, 2*time.Second))
	return t
}

func (t *trial) permitWait() { t.elector.PermitUser(minimalUser, moreRules(t.T, "wait")...) }

func TestF14RenewalsThatNoReplicaHasAreUnknownOutcomes(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.primary.withAcks().settled()
	leader := p.primary.candidate("leader", long)
	won := leader.win()
	if p.replica.do("EXISTS", "{jobs}:lease") != int64(1) {
		t.Error("the lease was granted, and the replica doesn't have it")
	}
	if _, err := won.tryRenew(); err != nil {
		t.Fatal(err)
	}

	replica := p.replica.server.(*redistest.Server)
	replica.Pause()
	if a, err := won.tryRenew(); err == nil {
		t.Errorf("a renewal that no replica has was %v", a.Verdict)
	}
	// What is refused needs no replica.
	if a := p.primary.candidate("rival", long).acquire(newClaim()); a.Verdict != leaderelection.Held {
		t.Errorf("a rival's bid is %v, want held", a.Verdict)
	}
	replica.Resume()
	eventually(t, "a renewal that the replica has", func() bool {
		a, err := won.tryRenew()
		return err == nil && a.Verdict == leaderelection.Granted
	})

	p.primary.do("SCRIPT", "FLUSH") // F19
	eventually(t, "a renewal by the script's text", func() bool {
		_, err := won.tryRenew()
		return err == nil
	})
}

func TestF14GrantsThatNoReplicaHasAreGivenBack(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.beOld()
		lonely := t.withAcks().start("lonely", medium)
		eventually(t.T, "an attempt that too few replicas have acknowledged", func() bool {
			return slices.ContainsFunc(lonely.all(leaderelection.AttemptFailed), func(e leaderelection.Event) bool {
				return strings.Contains(e.Err.Error(), "too few replicas have acknowledged: 0 of 1")
			})
		})
		eventually(t.T, "the lease to be given back", func() bool { return t.do("EXISTS", "jobs", "{jobs}:lease") == int64(0) })
		if lonely.IsLeader() {
			t.Error("it leads by a lease that no replica has")
		}
	})
}

// The old primary is cut off together with its leader, and goes on to answer it.
func TestF14IsolatedOldPrimary(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	old := p.primary.withAcks().start("old", medium).leads()

	p.promote()
	rival := p.replica.start("rival", medium)
	rival.OnBecomeLeader(func() {
		if old.IsLeader() {
			t.Error("both lead")
		}
	})
	rival.leads()
	eventually(t, "the end of the old leader's term", func() bool { return len(old.all(leaderelection.TermEnded)) > 0 })
	ended := old.all(leaderelection.TermEnded)
	if !errors.Is(ended[0].Err, leaderelection.ErrLeaseExpired) {
		t.Errorf("the old leader's term ended %v, want by ErrLeaseExpired", ended)
	}
	if p.primary.do("PING") != "PONG" {
		t.Error("the old primary does not answer any more, so nothing was shown")
	}
}

// Without, both lead for as long as the old primary answers: a limit that the
// documentation states, and not a promise.
func TestF14WithoutReplicaAcksBothSidesLead(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	old := p.primary.start("old", medium).leads()
	p.promote()
	rival := p.replica.start("rival", medium)
	eventually(t, "both lead (else the documentation promises less than there is)", func() bool { return old.IsLeader() && rival.IsLeader() })
}

func TestReplicaAcksBelowZeroAreRefused(t *testing.T) {
	t.Parallel()
	trial := newTrial(t, redistest.StartMini(t))
	store := newStore(t, trial.server.Options(), redisstore.WithReplicaAcks(-1, time.Second))
	if _, err := leaderelection.New(store, nil); err == nil {
		t.Error("New accepts -1 replicas")
	}
}

// A repeated claim writes something, whatever it may not write: from Redis 7.2 on,
// WAIT counts from what its own connection wrote last, and not from the grant that
// another one asked for.
func TestF14RepeatedClaimIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.primary.settled()
	p.primary.elector.PermitUser(minimalUser, "-zadd")
	c := p.primary.candidate("leader", long)
	claim := newClaim()
	if a := c.acquire(claim); a.Verdict != leaderelection.Granted {
		t.Fatalf("the first time: %v", a.Verdict)
	}
	offset := func() int {
		value, err := strconv.Atoi(p.primary.admin.InfoMap(t.Context(), "replication").Item("Replication", "master_repl_offset"))
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	before := offset()
	if a := c.acquire(claim); a.Verdict != leaderelection.Granted {
		t.Fatalf("repeated: %v", a.Verdict)
	}
	if offset() == before {
		t.Error("the primary has nothing new for its replica")
	}
}
