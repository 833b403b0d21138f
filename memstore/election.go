package memstore

import (
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/leaderelection"
)

// rememberedClaims is how many spent claims an election remembers. A duplicate
// would have to be overtaken by as many later terms to be taken for a new bid.
const rememberedClaims = 256

// election is the register of one election, and the contract's rules on it.
// Locks and clocks are its caller's business.
type election struct {
	lease *lease   // the last one granted, also after it lapsed; nil once released
	term  int64    // of the last grant
	spent []string // claims that are never granted (again), the oldest first
	orders
}

// lease is what a claim was granted.
type lease struct {
	claim  string
	ttl    time.Duration
	until  time.Time // by the monotonic clock: a stepped wall clock must not end it early
	leader leaderelection.LeaderInfo

	priority int
}

// stands reports whether somebody may believe in the last lease.
func (e *election) stands(now time.Time) bool {
	return e.lease != nil && now.Before(e.lease.until)
}

// acquire wakes whoever is preferred; wake tells whether anybody hears that.
func (e *election) acquire(bid leaderelection.Bid, now time.Time, wake func(id string) bool) (leaderelection.State, error) {
	e.meet(bid.Candidate, now)
	if e.stands(now) {
		// A repeated request learns its outcome again. It must not extend the
		// lease: the candidate counts from its first sending (F07).
		if e.lease.claim == bid.Claim {
			return e.state(leaderelection.Granted, now), nil
		}
		return e.state(leaderelection.Held, now), nil
	}
	if e.isSpent(bid.Claim) {
		return e.state(leaderelection.Lost, now), nil // F08: a late one would be a lease without a leader
	}
	if verdict, refused := e.refuseVacancy(bid, now, wake); refused {
		return e.state(verdict, now), nil
	}
	term, err := e.nextTerm(bid.SeenTerm, now)
	if err != nil {
		return leaderelection.State{}, err
	}
	e.retire()
	e.named = e.heir != "" && e.heir == bid.ID
	e.asked, e.heir, e.reservedUntil = nil, "", time.Time{}
	delete(e.present, bid.ID) // it takes part no more: should it die, nobody is to wait for it
	e.term = term
	e.lease = &lease{
		claim: bid.Claim,
		ttl:   bid.TTL,
		until: now.Add(bid.TTL),
		leader: leaderelection.LeaderInfo{
			InstanceID:    bid.ID,
			Hostname:      bid.Hostname,
			StartedAt:     forPeople(now),
			LastHeartbeat: forPeople(now),
			Term:          term,
		},
		priority: bid.Priority,
	}
	return e.state(leaderelection.Granted, now), nil
}

// renew compares claim and term (F09), not the lease's end: as long as nobody
// was granted a lease since, to put a lapsed one back wrongs nobody.
func (e *election) renew(tenure leaderelection.Tenure, now time.Time) leaderelection.State {
	if !e.isLast(tenure) || tenure.Term != e.term {
		return e.state(leaderelection.Lost, now)
	}
	e.lease.ttl = tenure.TTL
	e.lease.until = now.Add(tenure.TTL)
	e.lease.leader.LastHeartbeat = forPeople(now)
	return e.state(leaderelection.Granted, now)
}

// preempts reports whether a bid that was refused has its leader asked to step down.
func (e *election) preempts(bid leaderelection.Bid, now time.Time, wake func(id string) bool) bool {
	return bid.Preempts && e.stands(now) && bid.Priority > e.lease.priority && e.asked == nil && !e.named && !e.isPaused(now) && wake(bid.ID)
}

// release reports whether there was a lease to end. The claim is spent even where
// it was never granted: its Acquire may still be on the way (F06, F08).
func (e *election) release(tenure leaderelection.Tenure, now time.Time, wake func(id string) bool) bool {
	if e.isLast(tenure) && (tenure.Term == e.term || tenure.Term == 0) {
		e.retire()
		e.heir, e.reservedUntil = "", time.Time{} // this is another vacancy than the last
		if e.asked != nil && e.asked.To != "" && wake(e.asked.To) {
			e.reserve(e.asked.To, now)
		}
		return true
	}
	if !e.isLast(tenure) {
		e.spend(tenure.Claim)
	}
	return false
}

func (e *election) read(now time.Time) leaderelection.State {
	switch {
	case e.stands(now):
		return e.state(leaderelection.Held, now)
	case e.isPaused(now):
		return e.state(leaderelection.Paused, now)
	case e.isReserved(now):
		return e.state(leaderelection.Reserved, now)
	default:
		return e.state(leaderelection.Vacant, now)
	}
}

// nextTerm is greater than every term before, and than the one that the candidate
// has seen. Microseconds since 1970 keep terms growing from one process to the
// next, which remembers nothing of this one (P2).
func (e *election) nextTerm(seen int64, now time.Time) (int64, error) {
	highest := max(e.term, seen)
	if highest == math.MaxInt64 {
		return 0, fmt.Errorf("memstore: acquire: there is no term greater than %d", highest)
	}
	return max(highest+1, now.UnixMicro()), nil
}

// isLast reports whether the last lease granted, and not released, is of tenure's claim.
func (e *election) isLast(tenure leaderelection.Tenure) bool {
	return e.lease != nil && e.lease.claim == tenure.Claim
}

// retire ends the last lease for good.
func (e *election) retire() {
	if e.lease != nil {
		e.spend(e.lease.claim)
		e.lease = nil
	}
}

// isSpent includes the claim of a lease that has lapsed but was never succeeded.
func (e *election) isSpent(claim string) bool {
	return e.lease != nil && e.lease.claim == claim || slices.Contains(e.spent, claim)
}

func (e *election) spend(claim string) {
	if slices.Contains(e.spent, claim) {
		return
	}
	if len(e.spent) == rememberedClaims {
		e.spent = slices.Delete(e.spent, 0, 1)
	}
	e.spent = append(e.spent, claim)
}

func (e *election) state(verdict leaderelection.Verdict, now time.Time) leaderelection.State {
	state := leaderelection.State{Verdict: verdict, Term: e.term, Now: forPeople(now)}
	if e.isPaused(now) {
		pause := *e.pause
		state.Pause = &pause
	}
	switch {
	case e.stands(now):
		leader := e.lease.leader // a copy: the asker may do with it what it likes
		state.TTL = e.lease.ttl
		state.Remaining = e.lease.until.Sub(now)
		state.Leader, state.Priority = &leader, e.lease.priority
		if e.asked != nil {
			asked := *e.asked
			state.Asked = &asked
		}
	case state.Pause != nil && state.Pause.Until.IsZero():
		state.Remaining = -1
	case state.Pause != nil:
		state.Remaining = state.Pause.Until.Sub(now)
	case e.isReserved(now):
		state.Heir, state.Remaining = e.heir, e.reservedUntil.Sub(now)
	}
	return state
}

// forPeople drops the monotonic reading, which would make equal times differ.
func forPeople(t time.Time) time.Time { return t.Round(0) }
