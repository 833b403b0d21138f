package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// onCluster is an election on a Cluster, under its default name.
func onCluster(t *testing.T, cluster *redistest.Cluster, opts ...redisstore.Option) *trial {
	t.Helper()
	trial := &trial{T: t, key: leaderelection.DefaultRedisKeyName}
	options := cluster.Options()
	options.Username, options.Password = minimalUser, password
	for _, node := range cluster.Nodes() {
		node.PermitUser(minimalUser, minimalRules(t, trial.key, trial.key+":info")...)
		node.PermitUser(minimalUser, moreRules(t, "cluster")...)
		if len(opts) > 0 {
			node.PermitUser(minimalUser, moreRules(t, "wait")...)
		}
	}
	trial.store = newClusterStore(t, options, opts...)
	cluster.PrimaryOf(trial.key).AwaitUptime(2 * time.Second) // or its uptime alone would call for a quarantine
	return trial.settled()
}

// eachWithAcks runs test without acknowledgements and with one.
func eachWithAcks(t *testing.T, test func(t *testing.T, opts ...redisstore.Option)) {
	t.Helper()
	t.Parallel()
	for name, opts := range map[string][]redisstore.Option{
		"without acks": nil,
		"with acks":    {redisstore.WithReplicaAcks(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, opts...)
		})
	}
}

// The two configured names lie in different slots, and here on different nodes.
func TestF20ElectionOnACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 0)
	trial := onCluster(t, cluster)
	if cluster.PrimaryOf(leaderelection.DefaultRedisKeyName) == cluster.PrimaryOf(leaderelection.DefaultRedisInfoKeyName) {
		t.Fatal("both keys lie on one node, so this shows nothing")
	}
	first := trial.start("first", long).leads()
	second := trial.start("second", long).follows()
	client := cluster.Client(t)
	eventually(t, "the announcement", func() bool {
		return client.Exists(t.Context(), trial.key+":info").Val() == 1
	})
	if err := first.Resign(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.leads()
	if second.Term() <= first.all(leaderelection.Elected)[0].Term {
		t.Errorf("term %d does not exceed the one before", second.Term())
	}
}

// A slot moves to another node, key by key, while its leader renews (ASK, TRYAGAIN,
// MOVED). The lease outlives it, and the term with it. The other node is another
// server, so nobody else acquires for a while.
func TestF20SlotIsMovedUnderALeader(t *testing.T) {
	eachWithAcks(t, func(t *testing.T, opts ...redisstore.Option) {
		cluster := redistest.StartCluster(t, 2, len(opts))
		trial := onCluster(t, cluster, opts...)
		leader := trial.start("leader", long).leads()
		term := leader.Term()
		to := cluster.OtherPrimary(trial.key)
		cluster.MoveSlotOf(trial.key, to, func(arrived, all int) {
			if arrived == 0 || arrived == all {
				leader.goesOn(term, fmt.Sprintf("while %d of %d keys have moved", arrived, all))
				return
			}
			// In between, no script may touch the keys if it needs some on either side (TRYAGAIN).
			heard := func() int {
				return len(leader.all(leaderelection.Renewed)) + len(leader.all(leaderelection.RenewalFailed))
			}
			before := heard()
			eventually(t, "a heartbeat in the middle of it", func() bool { return heard() > before })
		})
		if cluster.PrimaryOf(trial.key) != to {
			t.Fatal("the slot has not moved")
		}
		leader.goesOn(term, "after the slot has moved")
	})
}

// The slot's primary dies, and a replica takes its place.
func TestF13ClusterFailsOver(t *testing.T) {
	eachWithAcks(t, func(t *testing.T, opts ...redisstore.Option) {
		cluster := redistest.StartCluster(t, 3, 1+len(opts)) // an odd number of primaries elects the replica
		trial := onCluster(t, cluster, opts...)
		leader := trial.start("leader", long).leads()
		term := leader.Term()

		primary := cluster.PrimaryOf(trial.key)
		primary.Kill()
		eventually(t, "another primary", func() bool {
			p := cluster.PrimaryOf(trial.key)
			return p != nil && p != primary
		})
		leader.goesOn(term, "after the failover")
	})
}

func TestF14ReplicaAcksOnACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 1, 1)
	trial := onCluster(t, cluster, redisstore.WithReplicaAcks(1, 2*time.Second))
	won := trial.candidate("leader", long).win()
	won.renew("with a replica")
	cluster.Shards[0][1].Pause()
	if a, err := won.tryRenew(); err == nil {
		t.Errorf("a renewal that no replica has was %v", a.Verdict)
	}
	cluster.Shards[0][1].Resume()
	eventually(t, "a renewal that the replica has", func() bool {
		_, err := won.tryRenew()
		return err == nil
	})
}

// Elections spread over all slots, whatever braces their names have, share one
// subscription, whatever node it is on: a Cluster tells all its nodes what was
// published on one.
func TestF20OneSubscriptionForAllSlots(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 1)
	trial := onCluster(t, cluster)
	for _, node := range cluster.Nodes() {
		node.PermitUser(minimalUser, "allkeys", "allchannels")
	}
	const elections = 60
	primaries := map[*redistest.Server]int{}
	hints, leases := make([]<-chan leaderelection.Hint, elections), make([]*lease, elections)
	watching, stop := context.WithCancel(t.Context())
	defer stop()
	for i := range elections {
		of := trial.on(t, fmt.Sprintf([]string{"jobs-%d", "{app-%d}:lock", "a}b-%d", "{}-%d", "{{%d}"}[i%5], i))
		leases[i] = of.candidate("leader", short).win()
		primaries[cluster.PrimaryOf(of.key)]++
		hints[i] = trial.store.Watch(watching, of.key, "")
		<-hints[i] // the subscription is there
	}
	if len(primaries) != 3 {
		t.Fatalf("the elections lie on %d nodes", len(primaries))
	}
	if at := subscribed(cluster); len(at) != 1 {
		t.Errorf("%d connections are subscribed, want one", len(at))
	}
	for i, l := range leases {
		l.release()
		select {
		case <-hints[i]:
		case <-time.After(patience):
			t.Fatalf("nobody was told of the release of %s", l.key)
		}
	}
}

// The node dies that the subscription was on, which is the election's own; whoever
// takes part in it finds out who has taken over.
func TestF21SubscriptionFindsAnotherNode(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 1)
	trial := onCluster(t, cluster)
	trial.start("candidate", long).leads()
	hints := trial.store.Watch(t.Context(), trial.key, "")
	<-hints
	quiet(hints) // once for who watches already, and once for the confirmation
	at := subscribed(cluster)[0]
	at.Kill()
	select {
	case <-hints: // of the new subscription
	case <-time.After(patience):
		t.Fatal("no other subscription was made")
	}
	if now := subscribed(cluster); len(now) != 1 || now[0] == at {
		t.Errorf("%d connections are subscribed", len(now))
	}
}

// subscribed returns the nodes that have subscribed connections, once for each.
func subscribed(cluster *redistest.Cluster) (at []*redistest.Server) {
	for _, node := range cluster.Nodes() {
		for range strings.Count(node.Clients(), " flags=P ") {
			at = append(at, node)
		}
	}
	return at
}
