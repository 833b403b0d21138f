package redisstore_test

import (
	"sync"
	"testing"

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
