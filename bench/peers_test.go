package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

// unhurried is for tests on a busy machine; the retry interval is what those that poll wait.
var unhurried = timing{"test", 5 * time.Second, time.Second, 200 * time.Millisecond}

// every runs a test for each peer, with a store of its own.
func every(t *testing.T, test func(*testing.T, peer, store)) {
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			err := inScope(func(s *scope) error {
				test(t, p, p.store(s))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// stand is a candidate of this process, and what ends it.
func stand(t *testing.T, p peer, st store, id string) (me candidate, stop func()) {
	t.Helper()
	connection, err := p.dial(st.addr(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	me, err = connection.candidate(unhurried.settings(st.addr(), id), func() {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- me.Run(ctx) }()
	return me, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", id, err)
		}
		_ = connection.Close()
	}
}

func TestEveryPeerElectsAndHandsOver(t *testing.T) {
	every(t, func(t *testing.T, p peer, st store) {
		// Given a leader, and a follower
		leader, stop := stand(t, p, st, "a")
		must(t, await("a leader", 2*unhurried.ttl+patience, leader.IsLeader))
		follower, stopFollower := stand(t, p, st, "b")
		time.Sleep(3 * unhurried.retry)
		if follower.IsLeader() || !leader.IsLeader() {
			t.Errorf("the follower leads: %v, the leader: %v", follower.IsLeader(), leader.IsLeader())
		}

		// When the leader stops, then the follower leads.
		stop()
		if leader.IsLeader() {
			t.Error("it leads after it has stopped")
		}
		must(t, await("the follower to lead", patience, follower.IsLeader))
		stopFollower()
	})
}

func TestEveryPeerAsAProcess(t *testing.T) {
	every(t, func(t *testing.T, p peer, st store) {
		err := inScope(func(s *scope) error {
			// Given a process that leads
			c := newCast(s, p, unhurried, directly(st))
			must(t, c.fill(1))
			leader, _, err := c.leader()
			must(t, err)

			// Then its store knows when its lease ends,
			end, err := st.leaseEnd(c.lease(leader))
			must(t, err)
			if left := end - belief.Now(); left <= 0 || left > unhurried.ttl {
				t.Errorf("the lease ends in %v, of %v", left, unhurried.ttl)
			}
			// and when it is told to stop, it says so and ends.
			leader.Stop()
			must(t, await("its end", patience, func() bool { return hasExited(leader) }))
			if _, ok := lastEvent(&c.history, leader.Name, eventStopping); !ok {
				t.Errorf("it didn't say when it stopped: %s", leader.Log())
			}
			if led := overlap(&c.history, 0); led != 0 {
				t.Errorf("one process overlaps for %v", led)
			}
			return nil
		})
		must(t, err)
	})
}

func TestCrowds(t *testing.T) {
	t.Parallel()
	p, _ := peerNamed(oursName)
	found := &results{}
	must(t, (&task{measure: "memory", peer: p, timing: unhurried, rounds: 1, found: found}).crowds(5))
	for _, metric := range []string{"memory.leads", "goroutines.leads", "memory.follows", "goroutines.follows"} {
		if values := found.values(metric, oursName, unhurried.name); len(values) != 1 {
			t.Errorf("%s: %v", metric, values)
		}
	}
}

func TestRedisLoad(t *testing.T) {
	t.Parallel()
	p, _ := peerNamed("SET NX loop")
	must(t, inScope(func(s *scope) error {
		st := p.store(s)
		_, stop := stand(t, p, st, "a")
		defer stop()
		count, err := st.load(2 * unhurried.heartbeat)
		// A renewal is one request, which executes three commands.
		if err == nil && (count.requests < 1 || count.executed < 3) {
			t.Errorf("%+v", count)
		}
		return err
	}))
}

func TestFlags(t *testing.T) {
	p, err := parse([]string{"-peers", "etcd,redsync", "-only", "crash", "-rounds", "7"})
	if err != nil || len(p.peers) != 2 || len(p.measures) != 1 || p.rounds != 7 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, wrong := range [][]string{{"-peers", "zookeeper"}, {"-only", "speed"}, {"-rounds", "0"}, {"extra"}} {
		if _, err := parse(wrong); err == nil {
			t.Errorf("%s is accepted", strings.Join(wrong, " "))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
