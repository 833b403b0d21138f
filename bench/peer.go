package main

import (
	"context"
	"slices"
	"strings"

	"example.com/leaderelection/internal/contender"
)

// candidate is what an adapter makes of a peer: one instance in one election.
type candidate interface {
	// Run takes part until ctx ends, and gives leadership back before it returns.
	// A candidate that lost goes on as a follower.
	Run(ctx context.Context) error
	// IsLeader is what a user of that peer would ask, or have to write.
	IsLeader() bool
}

// connection is what all elections of one process share.
type connection interface {
	// candidate makes a candidate, which calls became each time it has become the
	// leader, after IsLeader answers true.
	candidate(settings contender.Settings, became func()) (candidate, error)
	Close() error
}

// peer is one way to elect a leader.
type peer struct {
	name string
	note string // what its settings and its use are here, for the report
	// store starts what the peer keeps its elections in.
	store func(*scope) store
	// dial connects to the store at that address (host:port). renewed is called when a
	// lease was renewed, by those whose store cannot tell how long a lease still lasts.
	dial func(address string, renewed func()) (connection, error)
	// leaseKey is the Redis key whose expiry is the lease's end.
	leaseKey func(election string) string
	// asks are the commands that its clients send, and that none of its scripts calls:
	// what INFO counts of them are requests. For peers that are measured with many candidates.
	asks []string
}

const oursName = "leaderelection"

// peers are in the order of the report. Ours is first: the others are compared to it.
func peers() []peer {
	return []peer{oursPeer, rueidislockPeer, redislockPeer, redsyncPeer, setNXPeer, clientGoPeer, etcdPeer}
}

func peerNamed(name string) (peer, bool) {
	all := peers()
	if i := slices.IndexFunc(all, func(p peer) bool { return p.name == name }); i >= 0 {
		return all[i], true
	}
	return peer{}, false
}

func peerNames() string {
	names := make([]string, 0, len(peers()))
	for _, p := range peers() {
		names = append(names, p.name)
	}
	return strings.Join(names, ",")
}

// sameKey is leaseKey of peers that name the key after the election.
func sameKey(election string) string { return election }
