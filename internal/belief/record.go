package belief

import "time"

// Kind says what a Record tells.
type Kind string

// The kinds of Record, with the fields that each sets beside At.
const (
	Hello  Kind = "hello"  // the process takes part from now on
	Lead   Kind = "lead"   // IsLeader answered true from First to Last: Term
	Work   Kind = "work"   // the work ran from First to Last: Term
	Gap    Kind = "gap"    // nothing ran from First to Last: Leads is the first answer after it
	Became Kind = "became" // a become callback ran: Leads is IsLeader inside it
	Lost   Kind = "lost"   // a lose callback ran: Leads is IsLeader inside it
	Event  Kind = "event"  // the election's Observer was told: What, Term, Leader, Elapsed, Err
	Bye    Kind = "bye"    // the candidacy has ended: Err
)

// NoTerm is the term of leaders that have none: programs that hold the lock
// without this library.
const NoTerm = -1

// Record is a line that a process prints about itself. Times are those of Now.
// A Lead or Work record replaces the earlier one with the same First: it is
// printed again and again while it lasts, since a process that is killed cannot
// say goodbye.
type Record struct {
	Kind    Kind          `json:"kind"`
	At      time.Duration `json:"at"`
	First   time.Duration `json:"first,omitempty"`
	Last    time.Duration `json:"last,omitempty"`
	Term    int64         `json:"term,omitempty"`
	Leads   bool          `json:"leads,omitempty"`
	What    string        `json:"what,omitempty"`
	Leader  string        `json:"leader,omitempty"`
	Elapsed time.Duration `json:"elapsed,omitempty"`
	Err     string        `json:"err,omitempty"`
}
