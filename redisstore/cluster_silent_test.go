package redisstore_test

import (
	"sync"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// The slot's primary falls silent, and no connection to it breaks. A replica takes
// its place, and the leader finds it, in a process that is busy with other elections.
func TestF13SilentPrimaryOfACluster(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]redisstore.Option{
		"without acks": nil,
		"with acks":    {redisstore.WithReplicaAcks(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := redistest.StartCluster(t, 3, 1+len(opts))
			trial := onCluster(t, cluster, opts...)
			leader := trial.start("leader", long).leads()
			term := leader.Term()
			var busy sync.WaitGroup
			for range 32 {
				busy.Go(func() { _, _ = trial.store.Read(t.Context(), trial.candidate("reader", long).who) })
			}
			busy.Wait()

			primary := cluster.PrimaryOf(trial.key)
			primary.Pause()
			defer primary.Resume()
			leader.awaits(1, leaderelection.RenewalFailed)
			leader.goesOn(term, "with another primary")
		})
	}
}

// A grant needs the acknowledgements of the replicas of the node that has the slot
// now, not of the one that the client takes for it.
func TestF14ReplicaAcksAreOfTheNodeThatHasTheSlot(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 2, 1)
	trial := onCluster(t, cluster, redisstore.WithReplicaAcks(1, 200*time.Millisecond))
	won := trial.candidate("leader", long).win()
	to := cluster.Shards[0]
	if cluster.PrimaryOf(trial.key) == to[0] {
		to = cluster.Shards[1]
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
}
