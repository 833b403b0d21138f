package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/protocol"
)

// traffic is a lane to a server that answers after a while each time, and what went
// over it.
type traffic struct {
	lane          lane
	takes         time.Duration
	trips         []string // the scripts of each round trip
	abreast, most int
}

func newTraffic(takes time.Duration) *traffic {
	tr := &traffic{takes: takes, lane: lane{overdue: new(overdue)}}
	tr.lane.exchange = func(_ context.Context, batch []*call) {
		scripts := make([]string, 0, len(batch))
		for _, c := range batch {
			scripts = append(scripts, c.eval.Script)
			c.reply = "re: " + c.eval.Script
		}
		tr.lane.mu.Lock() // as good as any to guard this with
		tr.trips = append(tr.trips, strings.Join(scripts, " "))
		tr.abreast++
		tr.most = max(tr.most, tr.abreast)
		takes := tr.takes
		tr.lane.mu.Unlock()
		time.Sleep(takes)
		tr.lane.mu.Lock()
		tr.abreast--
		tr.lane.mu.Unlock()
	}
	return tr
}

// answerAfter is for what is sent from now on.
func (tr *traffic) answerAfter(takes time.Duration) {
	tr.lane.mu.Lock()
	defer tr.lane.mu.Unlock()
	tr.takes, tr.most = takes, 0
}

// atOnce is how many round trips there have been at once since.
func (tr *traffic) atOnce() int {
	tr.lane.mu.Lock()
	defer tr.lane.mu.Unlock()
	return tr.most
}

// send calls do for each script, in their order, each with so much time.
func (tr *traffic) send(t *testing.T, limit time.Duration, scripts ...string) (answered func() []error) {
	errs := make([]error, len(scripts))
	done := make(chan int)
	for i, script := range scripts {
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			reply, err := tr.lane.do(ctx, protocol.Eval{Script: script, Urgent: strings.HasPrefix(script, "renew")})
			if err == nil && reply != "re: "+script {
				err = fmt.Errorf("%s was answered with %v", script, reply)
			}
			errs[i] = err
			done <- i
		}()
		synctest.Wait()
	}
	return func() []error {
		for range scripts {
			<-done
		}
		return errs
	}
}

func numbered(n int) (scripts []string) {
	for i := range n {
		scripts = append(scripts, fmt.Sprint(i))
	}
	return scripts
}

func TestCallsShareRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(time.Millisecond)
		// Given a call that is under way, and 200 that come meanwhile,
		if err := errors.Join(tr.send(t, time.Second, numbered(201)...)()...); err != nil {
			t.Error(err)
		}
		// then those go together, so many at a time.
		if len(tr.trips) != 3 || tr.trips[0] != "0" || len(strings.Fields(tr.trips[1])) != mostTogether || !strings.HasPrefix(tr.trips[1], "1 2 3 ") {
			t.Errorf("round trips: %q", tr.trips)
		}
		// One that finds nobody goes at once.
		begun := time.Now()
		if err := errors.Join(tr.send(t, time.Second, "last")()...); err != nil || time.Since(begun) != time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

// Leaders go before bidders, however many of those there are (F22).
func TestF22RenewalsOvertakeBids(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(time.Millisecond)
		scripts := append(numbered(300), "renew-a", "renew-b")
		if err := errors.Join(tr.send(t, time.Second, scripts...)()...); err != nil {
			t.Error(err)
		}
		if len(tr.trips) < 2 || !strings.HasPrefix(tr.trips[1], "renew-a renew-b 1 ") {
			t.Errorf("round trips: %.40q", tr.trips)
		}
		if err := errors.Join(tr.send(t, time.Second, "a", "renew-c", "b")()...); err != nil {
			t.Error(err)
		}
	})
}

// A server that is silent, or a connection to it, holds nobody up for longer than a
// lull, and is not handed every connection there is (F34).
func TestF34ARoundTripThatHangsIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Given a round trip that hangs,
		tr := newTraffic(time.Minute)
		hung := tr.send(t, time.Second, "hangs")
		// when others come, and the next ones are answered,
		tr.answerAfter(time.Millisecond)
		begun := time.Now()
		if err := errors.Join(tr.send(t, time.Second, "a", "b")()...); err != nil {
			t.Error(err)
		}
		// then they have waited for a lull.
		if took := time.Since(begun); took != lull+time.Millisecond {
			t.Errorf("answered after %v", took)
		}
		if err := errors.Join(hung()...); err != nil {
			t.Error(err) // late, and an answer all the same: the election decides what it is worth
		}

		// When all hang, so many do at a time, and whoever's time ends before it was sent is told;
		tr.answerAfter(time.Minute)
		all := make([]func() []error, 0, mostAbreast*2)
		for i := range mostAbreast * 2 {
			all = append(all, tr.send(t, time.Second, fmt.Sprint(i)))
			time.Sleep(2 * lull)
		}
		late := tr.send(t, 100*time.Millisecond, "late")
		if err := late()[0]; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("late: %v", err)
		}
		if most := tr.atOnce(); most != mostAbreast {
			t.Errorf("%d round trips at once", most)
		}
		// and when their time is over, they hold nobody up any more.
		time.Sleep(time.Second)
		tr.answerAfter(time.Millisecond)
		if err := errors.Join(tr.send(t, time.Second, "after")()...); err != nil {
			t.Error(err)
		}
		for _, answered := range all {
			answered()
		}
		if tr.lane.abreast != 0 || len(tr.lane.waiting) != 0 || tr.lane.urgent != 0 {
			t.Errorf("left over: %d abreast, %d waiting", tr.lane.abreast, len(tr.lane.waiting))
		}
	})
}

// What did not fit into a round trip is not left behind if that one hangs (F34).
func TestF34WhatDidNotFitIsSentToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(time.Minute)
		hung := tr.send(t, 3*time.Second, "hangs")
		crowd := tr.send(t, 3*time.Second, numbered(mostTogether)...)
		rest := tr.send(t, 3*time.Second, "a", "b")
		time.Sleep(lull + lull/2) // the crowd is under way, and hangs as well
		tr.answerAfter(time.Millisecond)
		begun := time.Now()
		if err := errors.Join(rest()...); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > lull {
			t.Errorf("the rest was answered after %v", took)
		}
		hung()
		crowd()
	})
}

// Where all places are taken by round trips that hang, leases that stand have a few
// more: connections die by the dozen when a firewall forgets them (F34).
func TestF34RenewalsHavePlacesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(time.Minute)
		all := make([]func() []error, 0, mostUrgent)
		for i := range mostUrgent {
			script := fmt.Sprint("read-", i)
			if i >= mostAbreast {
				script = fmt.Sprint("renew-", i)
			}
			all = append(all, tr.send(t, time.Second, script))
			time.Sleep(2 * lull)
		}
		if n := tr.atOnce(); n != mostUrgent {
			t.Errorf("%d round trips at once, want %d", n, mostUrgent)
		}
		bids := tr.send(t, 100*time.Millisecond, "bid", "renew-late")
		for i, err := range bids() {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("call %d beyond all places: %v", i, err)
			}
		}
		for _, answered := range all {
			answered()
		}
	})
}

// A call that finds others to be sent does not wait for them when its own time ends.
func TestACallWaitsForNoOthersThanItsOwnRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(time.Minute)
		hung := tr.send(t, 3*time.Second, "hangs")
		crowd := tr.send(t, 3*time.Second, numbered(mostTogether)...)
		tr.lane.mu.Lock()
		tr.lane.late.Stop() // as if the timer were late, on a busy machine
		tr.lane.mu.Unlock()
		time.Sleep(2 * lull)
		begun := time.Now()
		err := tr.send(t, 50*time.Millisecond, "last")()[0]
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		hung()
		crowd()
	})
}

// Nobody waits for a place behind calls that have far more time: they would hold it until
// that is over (F34). A call without a limit goes alone.
func TestF34CallsOfDifferentPatienceHaveDifferentLanes(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer func() { _ = client.Close() }()
	s := &server{client: client}
	laneOf := func(limit time.Duration) *lane {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		return s.laneTo(ctx, "jobs")
	}
	renewal := laneOf(3 * time.Second)
	if renewal == nil || laneOf(2500*time.Millisecond) != renewal {
		t.Error("renewals share no lane")
	}
	if laneOf(30*time.Second) == renewal || laneOf(300*time.Millisecond) == renewal {
		t.Error("who has ten times as much time has the same lane")
	}
	if s.laneTo(t.Context(), "jobs") != nil {
		t.Error("a call without a limit holds up others")
	}
}
