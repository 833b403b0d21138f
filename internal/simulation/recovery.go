package simulation

import "time"

// recover checks that there is a leader again in time (P4), and that it stays one.
func (w *world) recover() {
	for until := w.untroubled(); time.Now().Before(until); until = w.untroubled() {
		w.watchUntil(until)
		w.removeForeign() // else who is restarted fails again, and all is never well
	}
	w.removeForeign()
	if !w.plan.HeedsContext { // calls that hang do so for this long, whatever the election wants
		w.watchUntil(time.Now().Add(w.plan.ReadTimeout))
	}
	for range w.slots {
		leader := w.awaitLeader()
		if leader == nil {
			return
		}
		w.watchUntil(time.Now().Add(2 * w.plan.Heartbeat))
		if w.leader() == leader {
			return
		}
		if !w.plan.mayBePreempted(leader) {
			w.violate("P4, always a leader again", "%s leads, and then no more, though nothing is wrong", leader.process)
			return
		}
	}
	w.violate("P4, always a leader again", "one leader after the other is asked to step down, though nothing is wrong")
}

// awaitLeader returns who leads once nothing is wrong any more, and nil if nobody does
// in time.
func (w *world) awaitLeader() *instance {
	well, bound := time.Now(), w.plan.recovery()
	for {
		if leader := w.confirmedSince(well); leader != nil {
			return leader
		}
		if time.Since(well) > bound {
			w.violate("P4, always a leader again", "nobody leads %v after the last fault ended", bound)
			return nil
		}
		w.watchUntil(time.Now().Add(w.often()))
	}
}

// mayBePreempted reports whether a leader that steps down, though nothing is wrong, may
// have been asked to by a candidate of higher priority. That one may not be the next, if
// it didn't hear of the vacancy in time.
func (p Plan) mayBePreempted(leader *instance) bool {
	own := p.Priorities[leader.slot.number]
	for number, priority := range p.Priorities {
		if priority > own && p.Preempts[number] {
			return true
		}
	}
	return false
}

// confirmedSince returns who leads by a lease that the server has granted or
// renewed since then: an older one may be about to end.
func (w *world) confirmedSince(moment time.Time) *instance {
	i := w.leader()
	if i == nil {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.confirmed.Before(moment.Add(w.plan.TTL)) {
		return nil
	}
	return i
}

// reserved is for how long a vacancy may be kept for a candidate that doesn't come.
const reserved = time.Second

// recovery is within what time somebody must lead once all is well. A quarantine
// may begin at the first contact, which a candidate makes that slept for a
// RetryInterval, or waited for a call that hung; it lasts a LockTTL by the server's
// clock, after which somebody asks.
func (p Plan) recovery() time.Duration {
	return p.TTL + p.Retry + 2*p.Heartbeat + time.Second + p.TTL/10 + reserved
}
