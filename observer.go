package leaderelection

import "time"

// Observer is told what happens in an election: for metrics, for tests. It is
// called from one goroutine at a time, in order, apart from the election: a slow
// one delays nothing but its own news, and loses the oldest when more than a few
// hundred events wait for it. One that is given to several elections is called by
// each on its own. A panic in it is not caught.
type Observer interface {
	Observe(event Event)
}

// ObserverFunc is an Observer made of a function.
type ObserverFunc func(Event)

// Observe calls f.
func (f ObserverFunc) Observe(event Event) { f(event) }

// Event is one thing that happened.
type Event struct {
	Kind       EventKind
	Time       time.Time     // of this machine
	Key        string        // the election
	InstanceID string        // the observed candidate, not necessarily the leader
	Term       int64         // the term concerned, 0 if none
	Leader     string        // Following: who leads, "" if nobody may yet
	Elapsed    time.Duration // how long the store call took, or the wait has lasted
	Err        error         // what went wrong, or why the term ended
	Dropped    int           // how many earlier events were lost since this observer was too slow
}

// EventKind says what happened.
type EventKind int

// The kinds of event, with the fields that each sets beside Time, Key and InstanceID.
const (
	CampaignStarted EventKind = iota // this instance seeks the lease
	Following                        // somebody else leads, or nobody may: Term, Leader. Once per change
	AttemptFailed                    // an attempt's outcome is unknown: Elapsed, Err
	Elected                          // this instance leads: Term, Elapsed
	Renewed                          // the store confirmed a renewal: Term, Elapsed
	RenewalFailed                    // a renewal's outcome is unknown; the term goes on until its deadline: Term, Elapsed, Err
	TermEnded                        // IsLeader is false from now on: Term, Err (the cause)
	Draining                         // callbacks or work have not returned yet: Term, Elapsed since the term ended
	Released                         // the lease was given back: Term, Elapsed
	ReleaseFailed                    // it was not, and is left to expire: Term, Err
	AnnounceFailed                   // LeaderInfo could not be published for outside readers: Term, Err
	Warned                           // the store works, but warns: Err
)

var eventNames = [...]string{
	"campaign started", "following", "attempt failed", "elected", "renewed", "renewal failed",
	"term ended", "draining", "released", "release failed", "announce failed", "warned",
}

// String returns the kind's name in lower case.
func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventNames) {
		return "unknown"
	}
	return eventNames[k]
}
