//go:build linux || darwin

package failover

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/redisstore"
)

// candidate takes part, and is watched doing so.
type candidate struct {
	election *leaderelection.Election
	store    *mortal
	followed atomic.Bool

	renewed atomic.Int64  // times
	last    time.Duration // the last renewal; of the observer's goroutine only
	silence atomic.Int64  // the longest time without one within a term, ns
}

// join has a candidate take part until the scene's end.
func (s *scene) join(name string, client redis.UniversalClient) {
	c := &candidate{store: &mortal{Store: redisstore.New(client, redisstore.WithReplicaAcks(s.kind.acks, 0))}}
	config := *settings
	config.InstanceID = name
	var err error
	c.election, err = leaderelection.New(c.store, &config, leaderelection.WithLogger(slog.New(slog.DiscardHandler)),
		leaderelection.WithObserver(leaderelection.ObserverFunc(c.observe)))
	if err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{}, 2)
	watching, stop := context.WithCancel(context.Background())
	go func() {
		_ = c.election.Start(context.Background()) // what it returns is the test's doing
		ended <- struct{}{}
	}()
	go func() {
		c.watch(watching, func(record belief.Record) { s.history.Add(name, record) })
		ended <- struct{}{}
	}()
	s.t.Cleanup(func() {
		_ = c.election.Stop()
		stop()
		<-ended
		<-ended
	})
	s.candidates = append(s.candidates, c)
}

// watch asks, again and again, whether it leads.
func (c *candidate) watch(ctx context.Context, add func(belief.Record)) {
	sampler := belief.NewSampler(belief.Lead, add)
	defer sampler.End()
	for ctx.Err() == nil {
		sampler.Sample(func() (int64, bool) {
			term := c.election.Term() // before the answer, as Sample wants it
			return term, c.election.IsLeader()
		})
		time.Sleep(time.Millisecond)
	}
}

func (c *candidate) observe(event leaderelection.Event) {
	switch event.Kind {
	case leaderelection.Following:
		c.followed.Store(true)
	case leaderelection.Elected:
		c.last = belief.At(event.Time)
	case leaderelection.Renewed:
		now := belief.At(event.Time)
		c.silence.Store(max(c.silence.Load(), int64(now-c.last)))
		c.last = now
		c.renewed.Add(1)
	}
}

func (c *candidate) awaitRenewal(s *scene) {
	s.t.Helper()
	before := c.renewed.Load()
	s.await("a renewal", func() bool { return c.renewed.Load() > before })
}

// die ends the candidate as kill -9 does, for all that Redis and the others see:
// nothing is released.
func (c *candidate) die() {
	c.store.dead.Store(true)
	go func() { _ = c.election.Stop() }()
}

// mortal is a store that nobody uses any more once its user is dead.
type mortal struct {
	*redisstore.Store
	dead atomic.Bool
}

var errDead = errors.New("its user is dead")

func (m *mortal) Renew(ctx context.Context, tenure leaderelection.Tenure) (leaderelection.State, error) {
	if m.dead.Load() {
		return leaderelection.State{}, errDead
	}
	return m.Store.Renew(ctx, tenure)
}

func (m *mortal) Release(ctx context.Context, tenure leaderelection.Tenure) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.Release(ctx, tenure)
}
