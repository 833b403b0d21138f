package redisstore_test

import (
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// A primary is demoted and promoted again without a restart: the process is the
// same, and has lost what its replica had not received. It must not take the
// record that it got back for its own.
func TestF13DemotedAndPromotedAgain(t *testing.T) {
	t.Parallel()
	primary, replica := redistest.Start(t), redistest.Start(t)
	primary.AwaitUptime(3 * time.Second) // or the uptime alone would call for a quarantine
	admin, rival := primary.Client(t), replica.Client(t)
	store := newStore(t, primary.Options())
	who := func(id string) leaderelection.Candidate {
		return leaderelection.Candidate{Key: "jobs", InfoKey: "info", ID: id, TTL: time.Second, Retry: time.Second}
	}

	// given a term that has ended, and of which the replica knows
	replicaOf(t, rival, primary)
	first := win(t, store, leaderelection.Bid{Candidate: who("first"), Claim: "first"})
	if err := store.Release(t.Context(), leaderelection.Tenure{Candidate: who("first"), Claim: "first", Term: first.Term}); err != nil {
		t.Fatal(err)
	}
	if n := admin.Wait(t.Context(), 1, 30*time.Second).Val(); n != 1 {
		t.Fatalf("%d replicas have it, want 1", n)
	}
	replicaOf(t, rival, nil)

	// when a lease is granted that it doesn't know of, and the two change places twice
	leader := leaderelection.Bid{Candidate: who("leader"), Claim: "leader", SeenTerm: first.Term}
	leader.TTL = time.Minute
	second := win(t, store, leader)
	replicaOf(t, admin, replica)
	replicaOf(t, admin, nil)

	// then nobody else is granted one,
	state, err := store.Acquire(t.Context(), leaderelection.Bid{Candidate: who("other"), Claim: "other", SeenTerm: first.Term})
	if err != nil || state.Verdict != leaderelection.Quarantined {
		t.Errorf("Acquire: %v, %v; want quarantined", state.Verdict, err)
	}
	// and the leader goes on.
	state, err = store.Renew(t.Context(), leaderelection.Tenure{Candidate: leader.Candidate, Claim: "leader", Term: second.Term, Since: second.Now})
	if err != nil || state.Verdict != leaderelection.Granted {
		t.Errorf("Renew: %v, %v; want granted", state.Verdict, err)
	}
}

func win(t *testing.T, store leaderelection.Store, bid leaderelection.Bid) leaderelection.State {
	t.Helper()
	state, err := store.Acquire(t.Context(), bid)
	if err != nil || state.Verdict != leaderelection.Granted {
		t.Fatalf("Acquire: %v, %v; want granted", state.Verdict, err)
	}
	return state
}

// replicaOf makes a server a replica of another and waits until it has all its
// data; with no other, it promotes it.
func replicaOf(t *testing.T, server *redis.Client, other *redistest.Server) {
	t.Helper()
	host, port := "NO", "ONE"
	if other != nil {
		options := other.Client(t).Options()
		host, port = splitAddress(t, options.Addr)
	}
	if err := server.Do(t.Context(), "REPLICAOF", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); other != nil; time.Sleep(20 * time.Millisecond) {
		link := server.InfoMap(t.Context(), "replication").Item("Replication", "master_link_status")
		if link == "up" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not replicating after 30 s: %q", link)
		}
	}
}

func splitAddress(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}
