package storetest

import (
	"context"
	"errors"
	"time"

	"example.com/leaderelection"
)

// steer has an order filed. It skips the test where the store cannot be steered.
func (t *trial) steer(key string, order leaderelection.Order) answer {
	t.Helper()
	a, err := t.trySteer(key, order)
	return t.must("Steer", a, err)
}

func (t *trial) trySteer(key string, order leaderelection.Order) (answer, error) {
	t.Helper()
	steerer, ok := t.store.(leaderelection.Steerer)
	if !ok {
		t.Skip("the store is no Steerer")
	}
	order.By = "operator"
	return t.call(func(ctx context.Context) (leaderelection.State, error) { return steerer.Steer(ctx, key, order) })
}

func (t *trial) ranked(key, id string, priority int) *candidate {
	c := t.candidate(key, id, long)
	c.who.Priority = priority
	return c
}

// listens has the candidate be one that can be woken, and that is present: it bids in
// vain. Somebody must lead.
func (c *candidate) listens() (<-chan leaderelection.Hint, context.CancelFunc) {
	c.Helper()
	hints, stop := c.established(c.who.Key, c.who.ID)
	c.expect("a bid while somebody leads", c.acquire(newClaim()), leaderelection.Held)
	return hints, stop
}

func (l *lease) isAsked(what string, want *leaderelection.StepDownError) {
	l.Helper()
	renewed := l.renew()
	l.expect("Renew", renewed, leaderelection.Granted)
	switch got := renewed.Asked; {
	case got == nil && want == nil:
	case got == nil || want == nil || *got != *want:
		l.Errorf("%s, the leader's Renew tells that it is asked for %+v, want %+v", what, got, want)
	}
}

// stepDownIsToldToTheLeader: by a hint, and by every renewal of that term and no other.
func stepDownIsToldToTheLeader(t *trial) {
	key := t.newElection()
	if none := t.steer(key, leaderelection.Order{}); none.Verdict == leaderelection.Granted {
		t.Errorf("with nobody to step down, an order was taken")
	}
	leader := t.candidate(key, "leader", long)
	hints, stop := t.established(key, leader.who.ID)
	defer stop()
	l := leader.win()
	l.isAsked("before an order", nil)

	t.expect("Steer", t.steer(key, leaderelection.Order{}), leaderelection.Granted)
	if !comes(hints, leaderelection.HintOrder, patience) {
		t.Errorf("no HintOrder has come to the leader")
	}
	want := &leaderelection.StepDownError{By: "operator"}
	l.isAsked("after an order", want)
	l.isAsked("after an order, again", want)
	if read := l.read(); read.Asked == nil || *read.Asked != *want {
		t.Errorf("Read tells that the leader is asked for %+v, want %+v", read.Asked, want)
	}
	l.release()
	leader.win().isAsked("in the next term", nil)
}

// repeatedStepDownDeposesOne: a client may send an order twice, the second time when
// another leads already.
func repeatedStepDownDeposesOne(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	order := leaderelection.Order{Term: l.tenure.Term}
	t.expect("Steer", t.steer(key, order), leaderelection.Granted)
	t.expect("Steer, again", t.steer(key, order), leaderelection.Granted)
	l.release()
	successor := t.candidate(key, "successor", long).win()
	t.expect("Steer, once more", t.steer(key, order), leaderelection.Lost)
	successor.isAsked("after an order to its predecessor", nil)
}

// heirHasTheFirstRight, whoever else bids first.
func heirHasTheFirstRight(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	heir, other := t.candidate(key, "heir", long), t.ranked(key, "other", 9)
	_, stop := heir.listens()
	defer stop()
	other.acquire(newClaim())

	t.expect("Steer", t.steer(key, leaderelection.Order{To: "heir"}), leaderelection.Granted)
	l.isAsked("after an order", &leaderelection.StepDownError{By: "operator", To: "heir"})
	l.release()
	refused := other.acquire(newClaim())
	t.expect("another's bid", refused, leaderelection.Reserved)
	if refused.Heir != "heir" || refused.Leader != nil || refused.Remaining <= 0 {
		t.Errorf("the refusal tells of heir %q, leader %v and %v remaining, want heir, nobody and some time", refused.Heir, refused.Leader, refused.Remaining)
	}
	if read := other.read(); read.received.Before(refused.sent.Add(refused.Remaining)) { // not so where a machine is that busy
		t.expect("Read", read, leaderelection.Reserved)
	}
	t.expect("the heir's bid", heir.acquire(newClaim()), leaderelection.Granted)
	t.expect("Read", other.read(), leaderelection.Held)
}

// heirThatDoesNotComeKeepsNobodyOut, but for a moment, and once.
func heirThatDoesNotComeKeepsNobodyOut(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	_, stop := t.candidate(key, "heir", long).listens()
	defer stop()
	t.expect("Steer", t.steer(key, leaderelection.Order{To: "heir"}), leaderelection.Granted)
	l.release()
	other := t.candidate(key, "other", long)
	t.grantedAfter(other, other.acquire(newClaim()))
}

// grantedAfter waits for as long as a refusal says, after which a bid must be granted.
func (t *trial) grantedAfter(c *candidate, refused answer) {
	t.Helper()
	t.expect("the first bid", refused, leaderelection.Reserved)
	if refused.Remaining <= 0 || refused.Remaining > patience {
		t.Fatalf("the vacancy is reserved for %v, want for a moment", refused.Remaining)
	}
	time.Sleep(time.Until(refused.received.Add(refused.Remaining + grain)))
	t.expect("a bid after the reservation", c.acquire(newClaim()), leaderelection.Granted)
}

// heirMustBePresent: else nothing is asked of the leader.
func heirMustBePresent(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	if got, err := t.trySteer(key, leaderelection.Order{To: "nobody"}); !errors.Is(err, leaderelection.ErrNotCandidate) {
		t.Errorf("in favour of nobody known, an order was answered with %v, %v, want ErrNotCandidate", got.Verdict, err)
	}
	t.expect("Steer in favour of the leader itself", t.steer(key, leaderelection.Order{To: "leader"}), leaderelection.Held)
	l.isAsked("after orders that were not taken", nil)
}

// pauseElectsNobody, until it is over; who leads may lead on if that is asked for.
func pauseElectsNobody(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	follower := t.candidate(key, "follower", long)
	hints, stop := follower.listens()
	defer stop()

	t.expect("Steer", t.steer(key, leaderelection.Order{Kind: leaderelection.OrderPause, KeepLeader: true}), leaderelection.Granted)
	l.isAsked("in a pause that it is not asked to step down for", nil)
	t.expect("Steer during a pause", t.steer(key, leaderelection.Order{}), leaderelection.Paused)
	l.release()
	refused := follower.acquire(newClaim())
	t.expect("a bid in a pause", refused, leaderelection.Paused)
	if refused.Pause == nil || refused.Pause.By != "operator" || refused.Pause.Since.IsZero() || !refused.Pause.Until.IsZero() || refused.Remaining >= 0 {
		t.Errorf("the refusal tells of %+v, %v remaining, want the operator's pause without an end", refused.Pause, refused.Remaining)
	}
	t.expect("Read", follower.read(), leaderelection.Paused)

	for comes(hints, leaderelection.HintVacant, pause) { // whatever is still on its way
	}
	t.expect("Resume", t.steer(key, leaderelection.Order{Kind: leaderelection.OrderResume}), leaderelection.Granted)
	if !comes(hints, leaderelection.HintVacant, patience) {
		t.Errorf("no HintVacant has come of a resumption")
	}
	if again := t.steer(key, leaderelection.Order{Kind: leaderelection.OrderResume}); again.Verdict == leaderelection.Granted {
		t.Errorf("a pause was ended a second time")
	}
	t.expect("a bid after the pause", follower.acquire(newClaim()), leaderelection.Granted)
}

// pauseAsksTheLeaderToStepDown, and ends by itself where it has an end.
func pauseAsksTheLeaderToStepDown(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	paused := t.steer(key, leaderelection.Order{Kind: leaderelection.OrderPause, For: short})
	t.expect("Steer", paused, leaderelection.Granted)
	l.isAsked("in a pause", &leaderelection.StepDownError{By: "operator"})
	l.release()
	follower := t.candidate(key, "follower", long)
	refused := follower.acquire(newClaim())
	if refused.Verdict != leaderelection.Paused {
		if refused.received.Sub(paused.sent) < short {
			t.Fatalf("a bid in a pause answered %v, want paused", refused.Verdict)
		}
		t.Skip("the machine is too slow to see a pause of ", short)
	}
	if refused.Remaining <= 0 || refused.Remaining > short+grain {
		t.Errorf("%v remaining, want at most %v", refused.Remaining, short)
	}
	time.Sleep(time.Until(refused.received.Add(refused.Remaining + grain)))
	if read := follower.read(); read.Verdict != leaderelection.Vacant || read.Pause != nil {
		t.Errorf("Read after the pause answered %v, and tells of %+v", read.Verdict, read.Pause)
	}
	t.expect("a bid after the pause", follower.acquire(newClaim()), leaderelection.Granted)
}

// highestPriorityWinsAVacancy, and not more than that.
func highestPriorityWinsAVacancy(t *trial) {
	key := t.newElection()
	l := t.ranked(key, "leader", -1000).win()
	low, high, highest := t.ranked(key, "low", -5), t.ranked(key, "high", 999), t.ranked(key, "highest", 1000)
	for _, c := range []*candidate{high, highest, low} {
		_, stop := c.listens()
		defer stop()
	}
	l.isAsked("though it has the lowest priority", nil)
	if read := l.read(); read.Priority != -1000 {
		t.Errorf("Read tells of a leader of priority %d, want -1000", read.Priority)
	}
	l.release()
	t.expect("the bid of the lowest priority", low.acquire(newClaim()), leaderelection.Reserved)
	t.expect("the bid of the second highest priority", high.acquire(newClaim()), leaderelection.Reserved)
	t.expect("the bid of the highest priority", highest.acquire(newClaim()), leaderelection.Granted)
}

// highestPriorityThatDoesNotComeKeepsNobodyOut, but for a moment, and once.
func highestPriorityThatDoesNotComeKeepsNobodyOut(t *trial) {
	key := t.newElection()
	l := t.candidate(key, "leader", long).win()
	_, stop := t.ranked(key, "high", 1).listens()
	defer stop()
	l.release()
	low := t.candidate(key, "low", long)
	t.grantedAfter(low, low.acquire(newClaim()))
}

// preemptionIsAskedFor of a leader of lower priority, by who asks for it, and once.
func preemptionIsAskedFor(t *trial) {
	key := t.newElection()
	l := t.ranked(key, "leader", 3).win()
	t.steer(key, leaderelection.Order{Kind: leaderelection.OrderResume}) // skips where that is not to be had
	equal, higher, deaf := t.ranked(key, "equal", 3), t.ranked(key, "higher", 4), t.ranked(key, "deaf", 5)
	for _, c := range []*candidate{equal, higher} {
		_, stop := c.listens()
		defer stop()
	}
	deaf.bid(leaderelection.Bid{Claim: newClaim(), Preempts: true})
	l.isAsked("after a bid of who can't be woken", nil)
	equal.bid(leaderelection.Bid{Claim: newClaim(), Preempts: true})
	l.isAsked("after a bid of the same priority", nil)
	higher.acquire(newClaim())
	l.isAsked("after a bid of higher priority that does not preempt", nil)
	refused := higher.bid(leaderelection.Bid{Claim: newClaim(), Preempts: true})
	t.expect("a bid that preempts", refused, leaderelection.Held)
	if refused.Asked == nil || refused.Asked.By != "higher" {
		t.Errorf("the bid that preempts is told that the leader is asked for %+v", refused.Asked)
	}
	l.isAsked("after a bid that preempts", &leaderelection.StepDownError{By: "higher"})
}
