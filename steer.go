package leaderelection

import (
	"context"
	"fmt"
	"time"
)

// Steerer is a Store that can be asked to steer an election, which is what an Operator
// does. What it is asked for may keep it from granting a vacancy, and is told to the
// leader, who then steps down of its own accord; it never ends a lease by itself.
//
// It keeps these rules:
//
//   - OrderStepDown is filed for the present term, and told by every Renew of that term
//     (State.Asked) until the leader has released it. If it names a candidate (Order.To),
//     the vacancy after that release is Reserved for that candidate for a moment.
//   - While an OrderPause lasts, Acquire grants nothing (Paused). Renew and Release go on.
//   - A vacancy that a candidate of lower priority bids for first, while one of higher
//     priority is there to be woken, is Reserved for the latter for a moment. There is one
//     reservation for each vacancy, so that one that doesn't come keeps nobody out.
//   - A bid that Preempts files OrderStepDown where the leader's priority is lower, unless
//     that leader was named.
//   - A store that loses its data loses orders and pauses too.
type Steerer interface {
	// Steer has the order filed. The State is how the election stood at that moment:
	// Granted if the order was taken. Else nothing was done, and the Verdict tells why:
	// Order.Term has ended (Lost); there is no leader to step down (Vacant, Reserved, or Held by a program without
	// terms), or none could succeed it (Quarantined, Paused); for Order.To, it leads
	// already (Held); for OrderResume, there was no pause. ErrNotCandidate says that nobody
	// of the name Order.To is present.
	Steer(ctx context.Context, key string, order Order) (State, error)
}

// Order is what an Operator asks for.
type Order struct {
	Kind OrderKind
	By   string        // who asks, for the history and for those it concerns
	To   string        // OrderStepDown: the candidate that shall succeed, "" for any
	Term int64         // OrderStepDown: whose leader shall step down, 0 for any. An order that is repeated deposes no second one
	For  time.Duration // OrderPause: for how long; 0 until OrderResume

	// KeepLeader is for OrderPause: who leads may lead on. Else the same order asks it to
	// step down.
	KeepLeader bool
}

// OrderKind says what is asked for.
type OrderKind int

// The kinds of order.
const (
	OrderStepDown OrderKind = iota // the leader is to finish its work and hand over
	OrderPause                     // nobody is to be elected
	OrderResume                    // somebody may be again
)

// String returns the kind's name, as it stands in the history.
func (k OrderKind) String() string {
	names := [...]string{"step-down", "pause", "resume"}
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Pause is a time in which nobody is elected.
type Pause struct {
	By    string
	Since time.Time
	Until time.Time // zero if until somebody resumes
}

// end tells people when a pause ends.
func (p *Pause) end() string {
	if p.Until.IsZero() {
		return "somebody resumes"
	}
	return p.Until.Format(time.RFC3339)
}

// StepDownError ends a term whose leader was asked to step down: by an Operator, or by
// a candidate of higher priority (see WithPreemption). errors.Is says that it is
// ErrResigned.
type StepDownError struct {
	By string // who asked
	To string // in whose favour; "" in nobody's
}

func (e *StepDownError) Error() string {
	if e.To == "" {
		return fmt.Sprintf("leaderelection: stepped down, asked by %s", e.By)
	}
	return fmt.Sprintf("leaderelection: stepped down in favour of %s, asked by %s", e.To, e.By)
}

// Unwrap returns ErrResigned.
func (e *StepDownError) Unwrap() error { return ErrResigned }
