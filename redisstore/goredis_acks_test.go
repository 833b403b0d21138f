package redisstore_test

import (
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// While replicas are gone, a refusal is heard within the client's ReadTimeout.
func TestF14RefusalIsHeardWithAShortReadTimeout(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.primary.settled().candidate("leader", long).win()
	p.primary.permitWait()
	options := p.primary.options()
	options.ReadTimeout, options.MaxRetries = 6*time.Second, -1
	rival := p.primary.candidate("rival", long)
	rival.store = newStore(t, options, redisstore.WithReplicaAcks(1, 0))

	replica := p.replica.server.(*redistest.Server)
	replica.Pause()
	defer replica.Resume()
	if a := rival.acquire(newClaim()); a.Verdict != leaderelection.Held {
		t.Errorf("the bid is %v, want held", a.Verdict)
	}
}
