package redisstore_test

import (
	"context"
	"fmt"
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
	eachWithAcks(t, func(t *testing.T, opts ...redisstore.Option) {
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

// A shard that is silent holds up the calls to it, and no others: who asks other shards is
// answered, whatever else their process does. (A leader's renewal goes first on any way; the
// questions of everybody else show whether they have one of their own.)
func TestF34SilentShardHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 0)
	trial := onCluster(t, cluster)
	trial.store = newClusterStore(t, cluster.Options())
	silent := cluster.PrimaryOf(trial.key)
	for i := 0; cluster.PrimaryOf(trial.key) == silent; i++ {
		trial.key = fmt.Sprint("jobs-", i)
	}
	leader := trial.settled().candidate("leader", long).win()
	there := leaderelection.DefaultRedisKeyName
	if _, err := trial.store.Read(t.Context(), leaderelection.Candidate{Key: there}); err != nil {
		t.Fatal(err)
	}

	silent.Pause()
	defer silent.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var asking sync.WaitGroup
	for range 12 {
		asking.Go(func() { _, _ = trial.store.Read(ctx, leaderelection.Candidate{Key: there}) })
		time.Sleep(10 * time.Millisecond) // or they would share a round trip
	}
	for range 20 {
		leader.renew("while another shard is silent")
		leader.read()
	}
	cancel()
	silent.Resume()
	asking.Wait()
}
