package main

import (
	"fmt"
	"sync"
	"time"

	"example.com/leaderelection/internal/belief"
)

// candidateSizes are candidates of one election.
var candidateSizes = []size{
	{1, defaults.named("1")},
	{10, defaults.named("10")},
	{100, defaults.named("100")},
	{1_000, defaults.named("1,000")},
	{10_000, defaults.named("10,000")},
}

// fewCandidates don't keep the machine busy, and are as many as the peers are measured
// with.
const fewCandidates = 1_000

// measureCandidates: elections of ever more candidates. Those of few go on at the same
// time, each with a Redis of its own: they are mostly waiting.
func measureCandidates(t *task) error {
	var few sync.WaitGroup
	for _, each := range candidateSizes {
		measure := func() {
			sized := t.with(each.timing)
			sized.say("begins")
			if err := sized.candidates(each.n); err != nil {
				sized.fail(err)
			}
		}
		switch {
		case each.n <= fewCandidates:
			few.Go(measure)
		case t.peer.name == oursName:
			few.Wait()
			measure()
		}
	}
	few.Wait()
	return nil
}

// candidates measures one election. What cannot be measured does not keep what comes
// after it from being tried.
func (t *task) candidates(n int) error {
	return inScope(func(s *scope) error {
		r, err := t.newRivalry(s, n)
		if err != nil {
			return err
		}
		if err := r.gather(); err != nil {
			return err
		}
		steps := []func() error{r.expiry, r.releases, r.restart}
		if n == 1 {
			steps = []func() error{r.restart} // nobody is there to succeed
		}
		for _, step := range steps {
			if err := step(); err != nil {
				t.fail(err)
			}
		}
		return nil
	})
}

// gather has one lead, the others follow, and counts what they ask when nothing happens.
func (r *rivalry) gather() error {
	if err := r.cast.fill(1); err != nil {
		return err
	}
	if _, err := r.next(0); err != nil {
		return err
	}
	r.rest()
	alone, err := r.store.spend(r.peer.asks, 2*r.timing.heartbeat)
	if err != nil {
		return err
	}
	if err := r.fill(); err != nil {
		return err
	}
	all, err := r.store.spend(r.peer.asks, 2*r.timing.heartbeat)
	if err != nil {
		return err
	}
	r.usual = all.perSecond()
	r.note("rivals.requests", r.usual)
	if r.n > 1 {
		r.note("rivals.follower", (r.usual-alone.perSecond())/float64(r.n-1))
	}
	r.note("rivals.busy", 1e6*all.busyShare()/float64(r.n))
	connections, err := connectionsOf(r.cast.pids(), r.store.addr())
	if err == nil && connections > 0 {
		r.note("rivals.connections", float64(connections))
	}
	return err
}

// fill starts whoever is missing.
func (r *rivalry) fill() error {
	if err := r.cast.fill(r.processes()); err != nil {
		return err
	}
	r.rest()
	return r.cast.desertion()
}

// expiry: the leader is killed. From its lease's end until another is elected, and what
// that sets off.
func (r *rivalry) expiry() error {
	leader := r.leader()
	if leader != r.cast.members[0] {
		return fmt.Errorf("%s leads, which is not alone in its process", leader.Name)
	}
	var leaseEnd time.Duration
	traced, err := r.store.during(r.peer.asks, func() (err error) {
		killed := belief.Now()
		leader.Close()
		if leaseEnd, err = r.store.leaseEnd(r.cast.lease(leader)); err != nil {
			return err
		}
		next, err := r.next(killed)
		if err != nil {
			return err
		}
		r.noteSpan("rivals.past", next.at-leaseEnd)
		time.Sleep(aftermath)
		return nil
	})
	if err != nil {
		return err
	}
	r.noteHerd("expiry", traced, leaseEnd)
	return r.fill()
}

// aftermath is for how long requests are counted after what sets them off.
const (
	aftermath = time.Second
	firstRush = 250 * time.Millisecond
)

// noteHerd notes how many more requests there were than usual.
func (r *rivalry) noteHerd(after string, traced trace, since time.Duration) {
	for metric, span := range map[string]time.Duration{"rush": firstRush, "second": aftermath} {
		r.note("rivals."+after+"."+metric, traced.within(since, span)-r.usual*span.Seconds())
	}
}

// releases: the leader stops, again and again.
func (r *rivalry) releases() error {
	failures := 0
	for range max(1, r.rounds/10) {
		if err := r.release(); err != nil {
			if failures++; failures == maxFailures {
				return err
			}
			r.fail(err)
		}
	}
	return nil
}

func (r *rivalry) release() error {
	r.rest()
	var stopping time.Duration
	traced, err := r.store.during(r.peer.asks, func() error {
		leader, told := r.leader(), belief.Now()
		leader.Stop()
		next, err := r.next(told)
		if err != nil {
			return err
		}
		time.Sleep(aftermath) // in which also arrives what the leader tells
		var ok bool
		if stopping, ok = lastEvent(&r.cast.history, leader.Name, eventStopping); !ok || stopping < told {
			return fmt.Errorf("%s led no more when it was told to stop", leader.Name)
		}
		r.noteSpan("rivals.handover", next.at-stopping)
		return nil
	})
	if err == nil {
		r.noteHerd("release", traced, stopping)
	}
	return err
}

// restart: Redis is killed and started without its data. What comes over it then, and
// how long that lasts.
func (r *rivalry) restart() error {
	r.rest()
	before, err := r.store.read(r.peer.asks)
	if err != nil {
		return err
	}
	const nearly = 0.95 // a pool that was busy once may have had more
	nearlyAll := int(nearly * float64(before.clients))
	var gone, returned time.Duration
	traced, err := r.store.during(r.peer.asks, func() error {
		r.store.Kill()
		gone = belief.Now() // whatever is read from now on is of the next one
		r.store.restart()
		returned = belief.Now()
		time.Sleep(r.timing.ttl)
		_ = await("all to settle", r.cast.limit(), func() bool { // what is traced says whether they have
			lately, err := r.store.spend(r.peer.asks, r.timing.retry)
			now, err2 := r.store.read(r.peer.asks)
			return err == nil && err2 == nil && calm(float64(lately.requests), r.usual, r.timing.retry) && now.clients >= nearlyAll
		})
		return nil
	})
	if err != nil {
		return err
	}
	fresh := traced.since(gone)
	r.note("rivals.restart.peak", fresh.peak(100*time.Millisecond))
	settled, ok := fresh.settled(r.usual, r.timing.retry, nearlyAll)
	if !ok {
		last := fresh[len(fresh)-1]
		return fmt.Errorf("not settled %v after Redis returned: %d of %d clients, %.0f requests in the last second, %.0f before",
			last.at-returned, last.clients, before.clients, fresh.within(last.at-time.Second, time.Second), r.usual)
	}
	r.note("rivals.restart.settled", max(0, settled-returned).Seconds())
	return nil
}
