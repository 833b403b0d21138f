package simulation

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/machine"
	"example.com/leaderelection/redisstore"
)

// instance is one process that takes part: a real Election over a real store and
// client, and the user's code around it.
type instance struct {
	slot    *slot
	world   *world
	id      string
	process string
	machine *simulatedMachine

	client   *redis.Client
	election *leaderelection.Election
	orders   chan order
	done     chan struct{} // closed when Lead or Start has returned
	err      error         // what it returned

	mu        sync.Mutex
	working   int       // works and callbacks under way
	became    int       // become callbacks that have begun
	lost      int       // lose callbacks that have begun
	confirmed time.Time // the lease lasts at least until then, by the true time
}

func newInstance(s *slot, process string, m *simulatedMachine) *instance {
	w := s.world
	i := &instance{
		slot: s, world: w, id: s.id(), process: process, machine: m,
		orders: make(chan order, 1), done: make(chan struct{}),
	}
	i.client = redis.NewClient(&redis.Options{
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return s.link.dial(m) },
		ReadTimeout:              w.plan.ReadTimeout,
		ContextTimeoutEnabled:    w.plan.HeedsContext,
		MaxRetries:               -1, // its back-off is drawn from dice that can't be replaced; the network repeats instead
		DialerRetries:            1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	options := []leaderelection.Option{
		leaderelection.WithLogger(slog.New(slog.DiscardHandler)),
		leaderelection.WithObserver(leaderelection.ObserverFunc(i.observe)),
		leaderelection.WithDrainTimeout(2 * w.plan.TTL),
		leaderelection.WithPriority(w.plan.Priorities[s.number]),
	}
	if w.plan.Preempts[s.number] {
		options = append(options, leaderelection.WithPreemption())
	}
	election, err := leaderelection.New(i.store(), w.plan.config(i.id), options...)
	if err != nil {
		panic(err) // the plan is wrong
	}
	machine.Replace(election, m)
	election.OnBecomeLeader(i.becomes)
	election.OnLoseLeadership(i.loses)
	i.election = election
	return i
}

// store returns the candidate's store, watched.
func (i *instance) store() leaderelection.Store {
	store := &witness{Store: redisstore.New(i.client), instance: i}
	if i.world.plan.Announces {
		return store
	}
	// Announcing is apart from the election, and costs a script for each heartbeat.
	return struct {
		leaderelection.Store
		leaderelection.Watcher
		leaderelection.Steerer
	}{store, store, store}
}

// run takes part: in three of four places by Lead, in the others by Start, where
// the callbacks are all there is.
func (i *instance) run() {
	take := func(ctx context.Context) error { return i.election.Lead(ctx, i.work) }
	if i.slot.number%4 == 3 {
		take = i.election.Start
	}
	go func() {
		defer close(i.done)
		i.err = take(context.Background())
		i.returned()
	}()
}

// returned has the supervisor replace a process that ended by itself.
func (i *instance) returned() {
	if i.machine.isDead() {
		return
	}
	i.world.note(i.process, "has returned: %s", firstLine(i.err))
	if errors.Is(i.err, leaderelection.ErrDrainTimeout) {
		i.die() // its work still runs: what a supervisor then does is to end the process
	}
	if i.slot.running() == i {
		i.slot.setRunning(nil)
		i.slot.startAgain(i.world.plan.TTL / 4)
	}
}

func (i *instance) observe(event leaderelection.Event) {
	if i.world.tell && !i.machine.isDead() {
		i.world.note(i.process, "%v, term %d %s %s", event.Kind, event.Term, event.Leader, firstLine(event.Err))
	}
}

// pause stops the process for a while. What it answers first afterwards, before
// any timer has fired, must already be true.
func (i *instance) pause(length time.Duration, suspended bool) {
	if !i.machine.pause() {
		return
	}
	i.world.later(length, func() {
		if suspended {
			i.machine.stand(length)
		}
		i.wake()
	})
}

func (i *instance) wake() {
	i.world.note(i.process, "goes on")
	i.machine.resume(func() { i.world.checkOneLeader(", the first answer after a pause") })
}

func (i *instance) setClock(by time.Duration) {
	i.machine.setWallClock(by)
	i.world.checkOneLeader(", after a clock was set")
}

// crash ends the process without a word. Another takes its place, under its name
// or under one of its own.
func (i *instance) crash(absence time.Duration, forGood bool) {
	i.die()
	i.slot.setRunning(nil)
	if forGood {
		i.slot.names++
	}
	i.slot.startAgain(absence)
}

// die lets the process run out unseen.
func (i *instance) die() {
	i.machine.kill()
	_ = i.client.Close()
	go func() { _ = i.election.Stop() }()
}

// stop stops it properly, for a while.
func (i *instance) stop(absence time.Duration) {
	i.slot.setRunning(nil)
	go func() {
		i.stopAndCheck()
		i.slot.startAgain(absence)
	}()
}

// stopAndCheck checks that Stop and Start return when they must.
func (i *instance) stopAndCheck() {
	limit := 3*i.world.plan.TTL + 5*time.Second
	timer := time.AfterFunc(limit, func() {
		if !i.machine.isDead() && !i.machine.isPaused() {
			i.world.violate("Start and Stop return", "Stop of %s has not after %v", i.process, limit)
			i.die()
		}
	})
	defer timer.Stop()
	i.world.trouble(time.Now())
	err := i.election.Stop()
	if err != nil && !errors.Is(err, leaderelection.ErrDrainTimeout) {
		i.world.violate("Start and Stop return", "Stop of %s: %v", i.process, err)
	}
	<-i.done
	if i.election.IsLeader() {
		i.world.violate("Start and Stop return", "%s leads after its Stop", i.process)
	}
}

func (i *instance) resign() {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), i.world.plan.TTL)
		defer cancel()
		_ = i.election.Resign(ctx)
	}()
}
