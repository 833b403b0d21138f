package leaderelection

import (
	"context"
	"time"
)

// Store is the register in which an election keeps its lease. redisstore and
// memstore are two; package storetest says with tests what a Store must do, and
// is the way to write another.
//
// # The contract
//
// A Store keeps, for each election (a Candidate's Key), at most one lease: a
// claim, its holder, its term, and the moment it ends by the store's own clock.
//
//   - One lease. Acquire grants only where no lease stands. It answers with who
//     holds it otherwise.
//   - Terms grow. Each grant has a term greater than every earlier one of this
//     election, and greater than Bid.SeenTerm. A store that can lose its data
//     must keep this true across the loss.
//   - No lease is forgotten while its holder may believe in it. A store that may
//     have lost its data grants nothing until every lease it may have granted
//     has ended: the longest of the TTLs it knows of, Bid.SeenTTL among them.
//     The holder's own Renew goes through meanwhile, and its term goes on.
//   - Claims are unique, and granted once. An Acquire that is repeated (a client
//     that re-sends, a network that duplicates) while its lease stands is granted
//     again, with the same term and without extending the lease; after that
//     lease has ended or was released the claim is spent (Lost). So is one whose
//     Release overtook its Acquire, as far as the store remembers it.
//   - A lease that ended without a successor may be put back by its own Renew, or
//     refused to it (Lost).
//   - Renew and Release touch only the lease of their own claim and term; a late
//     one of an earlier term changes nothing.
//   - A lease lasts TTL from the moment the store executes Acquire or Renew, which
//     is never earlier than the moment the call began. The election counts from
//     that earlier moment, so no clocks are compared.
//   - Errors are of two kinds. A *ConfigurationError (errors.As) says that retrying
//     cannot help. Any other error means that the outcome is unknown: the
//     request may have been executed, may be executed later, or never.
//
// Calls get a ctx with a deadline and should return when it ends; the election
// abandons a call that doesn't, and never has more than four open. All methods
// must be safe for concurrent use, by any number of elections.
type Store interface {
	Acquire(ctx context.Context, bid Bid) (State, error)
	Renew(ctx context.Context, tenure Tenure) (State, error)
	Release(ctx context.Context, tenure Tenure) error
	Read(ctx context.Context, candidate Candidate) (State, error)
}

// Candidate is one instance in one election.
type Candidate struct {
	Key      string // Config.RedisKeyName, the election's name
	InfoKey  string // Config.RedisInfoKeyName
	ID       string // Config.InstanceID
	Hostname string
	TTL      time.Duration // how long a lease of this candidate lasts
	Retry    time.Duration // how often it asks at the least while it follows
	Priority int           // see WithPriority
}

// Bid is an attempt to acquire the lease.
type Bid struct {
	Candidate
	Claim    string        // new and random for every attempt
	SeenTerm int64         // the highest term this candidate has heard of; 0 for none
	SeenTTL  time.Duration // the longest TTL it has heard of a leader using; 0 for none
	Preempts bool          // a Steerer has a leader of lower priority asked to step down; see WithPreemption
}

// Tenure is a lease that was granted, or may have been.
type Tenure struct {
	Candidate
	Claim  string
	Term   int64     // 0 in a Release of a bid whose outcome is unknown
	Since  time.Time // when the term began: State.Now of the grant
	Reason string    // in a Release: why, for the history

	// Drained is, in a Release, for how long this instance has not led any more while its
	// work was stopping; for the history.
	Drained time.Duration
}

// Verdict is a store's answer to Acquire, Renew and Read.
type Verdict int

// The verdicts.
const (
	Vacant      Verdict = iota // Read: nobody holds a lease
	Granted                    // Acquire, Renew: the lease is the asker's
	Held                       // Acquire, Read: somebody holds it
	Quarantined                // Acquire, Read: nobody does, and nobody may yet: the store may have forgotten a lease
	Lost                       // Renew: the lease is not, or no longer, the asker's; Acquire: the claim is spent
	Paused                     // Acquire, Read: nobody does, and nobody may until somebody resumes or State.Pause ends
	Reserved                   // Acquire, Read: nobody does, and for a moment only the preferred candidate may
)

// String returns the verdict's name in lower case.
func (v Verdict) String() string {
	names := [...]string{"vacant", "granted", "held", "quarantined", "lost", "paused", "reserved"}
	if v < 0 || int(v) >= len(names) {
		return "unknown"
	}
	return names[v]
}

// State is what a store knows of an election.
type State struct {
	Verdict Verdict

	// Term is that of the current lease; where none stands, the last one known.
	Term int64

	// TTL is the one the holder was granted the lease with; 0 if not known.
	TTL time.Duration

	// Remaining is how long an Acquire would still be refused for: until the
	// lease, and the quarantine, have ended. Negative where the store cannot
	// tell, as with a lock that has no expiry, or a pause without an end.
	Remaining time.Duration

	// Now is the store's clock. It is for people; nothing is decided by it.
	Now time.Time

	// Candidates is about how many take part beside the leader, dead ones among them for a
	// while; 0 if not known. The more there are, the more their followers take turns.
	Candidates int

	// Leader is who holds the lease, nil if nobody.
	Leader *LeaderInfo

	// Priority is the leader's; see WithPriority.
	Priority int

	// Asked is not nil once the leader was asked to step down, and has not yet. Renew
	// tells it thereby.
	Asked *StepDownError

	// Pause is not nil while nobody is elected since somebody asked for that. A leader
	// may lead on meanwhile.
	Pause *Pause

	// Heir is the candidate that a vacancy is Reserved for, "" if for whoever has the
	// highest priority.
	Heir string

	// Warning is something that an operator should know and that does not stop
	// the election, such as a permission it would be safer with; "" if nothing.
	Warning string
}

// Watcher is a Store that can wake its followers. What it tells is a hint: it
// may be lost, repeated, late or wrong, and nothing but speed depends on it.
type Watcher interface {
	// Watch returns at once. Hints about the election arrive on the channel,
	// those that nobody waits for being merged, until ctx ends. It may return
	// nil where watching is impossible.
	//
	// id is the candidate's that waits for the lease, and has bid or is about to, or that
	// leads. It is told of releases, of many candidates a few will do; and, while it leads,
	// of what it is asked for. With an empty id, an
	// onlooker is told of every grant and release.
	Watch(ctx context.Context, key, id string) <-chan Hint
}

// Hint is what a Watcher saw.
type Hint int

// The hints.
const (
	HintVacant  Hint = iota // a lease was given back: worth one attempt at once
	HintElected             // somebody was granted the lease
	HintMissed              // the watch was (re-)established, and earlier hints may have been missed: worth one attempt in turn
	HintOrder               // the leader is asked for something, which its next renewal will tell
)

// Announcer is a Store that publishes LeaderInfo where programs that don't use
// this library look for it. It is told after a lease was granted or renewed,
// apart from the heartbeat, which never waits for it. The election itself never
// reads what was announced.
type Announcer interface {
	Announce(ctx context.Context, tenure Tenure, info LeaderInfo) error

	// Retract takes it back, once the lease was released, unless a later term
	// has been announced.
	Retract(ctx context.Context, tenure Tenure) error
}

// Checker is a Store that can refuse a candidate without asking anybody. New
// calls it, and returns its error.
type Checker interface {
	Check(candidate Candidate) error
}
