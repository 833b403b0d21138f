package redisstore_test

import (
	"strings"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

// A client that is allowed to read from replicas reads from the primary all the same.
func TestF37ReadsOfAClusterGoToThePrimary(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 1, 1)
	trial := onCluster(t, cluster)
	won := trial.candidate("leader", long).win()

	options := cluster.Options()
	options.ReadOnly, options.RouteRandomly = true, true
	trial.store = newClusterStore(t, options)
	for range 20 { // of which half would go there
		if a := trial.candidate("reader", long).read(); a.Leader == nil || a.Leader.InstanceID != "leader" {
			t.Fatalf("read %+v", a.State)
		}
	}
	won.stands("asked by the other client")
	stats := cluster.Shards[0][1].Client(t).Info(t.Context(), "commandstats").Val()
	if strings.Contains(stats, "cmdstat_eval") {
		t.Errorf("the replica was asked:\n%s", stats)
	}
}

// A replica that somebody took for the primary does not tell who led yesterday.
func TestF37ReplicaRefusesToTell(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.primary.settled().candidate("leader", long).win()
	eventually(t, "the replica to have it", func() bool { return p.replica.do("GET", "jobs") == "leader" })

	reader := p.replica.candidate("reader", long)
	_, err := reader.readOnce()
	expectUnknown(t, "Read at a replica", err, "READONLY")
}
