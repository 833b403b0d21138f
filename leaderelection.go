package leaderelection

import (
	"context"
	"time"
)

// LeaderElection is what a program needs of an election: take part in it, and
// know whether it leads. *Election implements it over a Store;
// leaderelectiontest.Fake implements it for unit tests.
//
// Every method is safe for concurrent use.
type LeaderElection interface {
	// Start takes part in the election with ctx's lifetime. It blocks, and
	// returns nil after ctx ends or Stop, and an error for what retrying
	// cannot mend.
	Start(ctx context.Context) error

	// IsLeader reports whether this instance leads at this very moment. It
	// asks nobody: it compares the clock with the lease's deadline.
	IsLeader() bool

	// GetLeaderID asks the store for the leader's InstanceID; "" when nobody
	// leads.
	GetLeaderID() (string, error)

	// GetLeaderInfo asks the store who leads; ErrNoLeader when nobody does.
	GetLeaderInfo() (*LeaderInfo, error)

	// OnBecomeLeader registers a callback for the beginning of each term.
	// Several may be registered; they run in that order, one after another.
	OnBecomeLeader(callback func())

	// OnLoseLeadership registers a callback for the end of each term. When it
	// runs, IsLeader already answers false.
	OnLoseLeadership(callback func())

	// Stop ends the candidacy, and gives the lease back once the work has
	// ended. It is idempotent, and safe before Start and after it.
	Stop() error

	// GetInstanceID returns the name under which this instance takes part.
	GetInstanceID() string
}

// LeaderInfo describes the leader, as the store knows it. All times are of the
// store's clock, which is the same for every reader.
type LeaderInfo struct {
	InstanceID    string    `json:"instance_id"`
	Hostname      string    `json:"hostname"`
	StartedAt     time.Time `json:"started_at"`     // when this term began
	LastHeartbeat time.Time `json:"last_heartbeat"` // the last renewal the store confirmed
	Term          int64     `json:"term"`           // the fencing token; 0 where the leader is a program that has none
}
