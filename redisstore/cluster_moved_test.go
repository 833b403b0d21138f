package redisstore_test

import (
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// A slot moves to another node, and back. Renewals need the acknowledgements of the
// replicas of the node that has the slot now, not of the one that the client takes
// for it, and follow the slot at once.
func TestF14ReplicaAcksAreOfTheNodeThatHasTheSlot(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 2, 1)
	trial := onCluster(t, cluster, redisstore.WithReplicaAcks(1, 2*time.Second))
	won := trial.candidate("leader", long).win()
	from, to := cluster.Shards[0], cluster.Shards[1]
	if cluster.PrimaryOf(trial.key) == to[0] {
		from, to = to, from
	}

	cluster.MoveSlotOf(trial.key, to[0], func(int, int) {})
	to[1].Pause()
	if a, err := won.tryRenew(); err == nil {
		t.Errorf("a renewal that no replica has was %v", a.Verdict)
	}
	to[1].Resume()
	eventually(t, "a renewal that the replica has", func() bool {
		_, err := won.tryRenew()
		return err == nil
	})

	cluster.MoveSlotOf(trial.key, from[0], func(int, int) {})
	won.renew("after the slot has moved back")
}
