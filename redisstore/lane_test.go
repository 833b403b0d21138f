package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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
	tr := &traffic{takes: takes, lane: lane{overdue: new(atomic.Int64)}}
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
