package memstore

import (
	"context"
	"fmt"
	"time"

	"example.com/leaderelection"
)

// reservedFor is for how long the preferred candidate alone may bid for a vacancy.
const reservedFor = time.Second

// orders is what people have asked of an election, and who is preferred.
type orders struct {
	asked *leaderelection.StepDownError // of the last lease's leader
	pause *leaderelection.Pause

	named         bool      // the last lease's leader was; nobody preempts it
	heir          string    // for whom the vacancy is reserved, "" for the highest priority
	reservedUntil time.Time // zero until this vacancy has been reserved

	present map[string]presence
}

// presence is what is known of a candidate that has bid.
type presence struct {
	priority int
	until    time.Time
}

// Steer files an order. The error is ctx's, or says that a named candidate is not
// present.
func (s *Store) Steer(ctx context.Context, key string, order leaderelection.Order) (leaderelection.State, error) {
	if err := ctx.Err(); err != nil {
		return leaderelection.State{}, fmt.Errorf("memstore: steer: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	e, now := s.election(key), time.Now()
	switch order.Kind {
	case leaderelection.OrderStepDown:
		return s.stepDown(key, e, order, now)
	case leaderelection.OrderPause:
		e.pause = &leaderelection.Pause{By: order.By, Since: forPeople(now)}
		if order.For > 0 {
			e.pause.Until = forPeople(now.Add(order.For))
		}
		if e.stands(now) && !order.KeepLeader && e.asked == nil {
			s.ask(key, e, leaderelection.StepDownError{By: order.By})
		}
	default:
		if !e.isPaused(now) {
			return e.read(now), nil
		}
		e.pause = nil
		s.watches.hint(key, leaderelection.HintVacant)
	}
	return e.state(leaderelection.Granted, now), nil
}

func (s *Store) stepDown(key string, e *election, order leaderelection.Order, now time.Time) (leaderelection.State, error) {
	switch {
	case order.Term != 0 && e.term > order.Term:
		return e.state(leaderelection.Lost, now), nil
	case !e.stands(now):
		return e.read(now), nil
	case e.isPaused(now):
		return e.state(leaderelection.Paused, now), nil
	case order.To == e.lease.leader.InstanceID:
		return e.state(leaderelection.Held, now), nil
	case order.To != "" && !e.isPresent(order.To, now):
		return e.state(leaderelection.Held, now), fmt.Errorf("%w: %q is not present in %q", leaderelection.ErrNotCandidate, order.To, key)
	}
	s.ask(key, e, leaderelection.StepDownError{By: order.By, To: order.To})
	return e.state(leaderelection.Granted, now), nil
}

func (s *Store) ask(key string, e *election, order leaderelection.StepDownError) {
	e.asked = &order
	s.watches.tell(key, e.lease.leader.InstanceID, leaderelection.HintOrder)
}

func (o *orders) isPaused(now time.Time) bool {
	return o.pause != nil && (o.pause.Until.IsZero() || now.Before(o.pause.Until))
}

func (o *orders) isReserved(now time.Time) bool { return now.Before(o.reservedUntil) }

func (o *orders) reserve(heir string, now time.Time) {
	o.heir, o.reservedUntil = heir, now.Add(reservedFor)
}

func (o *orders) meet(candidate leaderelection.Candidate, now time.Time) {
	if o.present == nil {
		o.present = map[string]presence{}
	}
	o.present[candidate.ID] = presence{priority: candidate.Priority, until: now.Add(2*candidate.Retry + candidate.TTL)}
}

func (o *orders) isPresent(id string, now time.Time) bool {
	p, known := o.present[id]
	return known && now.Before(p.until)
}

// isOutranked reports whether a candidate of higher priority is there to bid: it is
// present, and can be woken, which the highest of them then is.
func (e *election) isOutranked(priority int, now time.Time, wake func(id string) bool) bool {
	highest, found := "", false
	for id, p := range e.present {
		switch {
		case !now.Before(p.until):
			delete(e.present, id)
		case p.priority > priority && (!found || p.priority > e.present[highest].priority):
			highest, found = id, true
		}
	}
	if !found {
		return false
	}
	if wake(highest) {
		return true
	}
	delete(e.present, highest)
	return e.isOutranked(priority, now, wake)
}

// refuseVacancy answers a bid for a vacancy that another is preferred for, or that is
// not to be had at all.
func (e *election) refuseVacancy(bid leaderelection.Bid, now time.Time, wake func(id string) bool) (verdict leaderelection.Verdict, refused bool) {
	switch {
	case e.isPaused(now):
		return leaderelection.Paused, true
	case e.isReserved(now) && e.heir != "":
		return leaderelection.Reserved, bid.ID != e.heir
	case e.isReserved(now):
		return leaderelection.Reserved, e.isOutranked(bid.Priority, now, wake)
	case e.reservedUntil.IsZero() && e.isOutranked(bid.Priority, now, wake):
		e.reserve("", now)
		return leaderelection.Reserved, true
	default:
		return leaderelection.Vacant, false
	}
}
