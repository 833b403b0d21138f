package simulation

import (
	"context"
	"errors"
	"time"

	"example.com/leaderelection"
)

// order is what a plan has work do.
type order string

const (
	workReturns order = "return"
	workFails   order = "fail"
	workPanics  order = "panic"
)

// order tells the work that runs, if any does.
func (i *instance) order(o order) {
	select {
	case i.orders <- o:
	default:
	}
}

var errWork = errors.New("work failed")

// work is done while the instance leads. It checks what it is promised: that it is
// told of the end before the lease ends (P3), and that nobody else works meanwhile
// who was told to stop.
func (i *instance) work(ctx context.Context) error {
	i.enter()
	defer i.leave()
	i.world.checkOneLeader(", as " + i.process + " begins to work")
	select {
	case <-ctx.Done():
		i.checkToldInTime(context.Cause(ctx))
	case o := <-i.orders:
		switch o {
		case workReturns:
			return nil
		case workFails:
			return errWork
		case workPanics:
			panic(workPanics)
		}
	}
	i.dawdle(&i.slot.workSlowUntil)
	return nil
}

// dawdle takes as long as the plan wants.
func (i *instance) dawdle(until *time.Time) {
	if length := i.slot.slowUntil(until); length > 0 {
		over := make(chan struct{})
		defer i.machine.after(length, func() { close(over) })()
		i.world.trouble(time.Now().Add(length))
		<-over
	}
}

func (i *instance) enter() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.working++
}

func (i *instance) leave() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.working--
}

// becomes is a become callback.
func (i *instance) becomes() {
	i.enter()
	defer i.leave()
	term := i.election.Term()
	i.mu.Lock()
	i.became++
	became, lost := i.became, i.lost
	i.mu.Unlock()
	if i.machine.isDead() {
		return
	}
	if became != lost+1 {
		i.world.violate("callbacks alternate", "become callback %d of %s after %d lose callbacks", became, i.process, lost)
	}
	if term != 0 { // else it has ended already
		i.world.note(i.process, "leads in term %d", term)
		i.world.termBegins(i.process, term)
	}
	i.world.checkOneLeader(", as the become callback of " + i.process + " runs")
	i.misbehave()
}

// loses is a lose callback.
func (i *instance) loses() {
	i.enter()
	defer i.leave()
	leads := i.election.IsLeader()
	i.mu.Lock()
	i.lost++
	became, lost := i.became, i.lost
	i.mu.Unlock()
	if i.machine.isDead() {
		return
	}
	i.world.note(i.process, "has lost the lead")
	if became != lost {
		i.world.violate("callbacks alternate", "lose callback %d of %s after %d become callbacks", lost, i.process, became)
	}
	if leads {
		i.world.violate("P3, stop before release", "%s leads in its lose callback", i.process)
	}
	i.misbehave()
}

func (i *instance) misbehave() {
	i.dawdle(&i.slot.callbacksSlowUntil)
	if i.slot.misbehaves(&i.slot.panicsUntil) {
		panic("a callback panics")
	}
}

// checkToldInTime checks that work is told while the lease still lasts, where the
// machine ran as it should: it cannot be told while it is paused.
func (i *instance) checkToldInTime(cause error) {
	i.mu.Lock()
	end := i.confirmed
	i.mu.Unlock()
	late := time.Since(end)
	if errors.Is(cause, leaderelection.ErrLeaseExpired) && late > 0 && !i.machine.isDead() && i.machine.undisturbedSince(end) {
		i.world.violate("P3, told before the lease ends", "%s was told %v after it", i.process, late)
	}
}
