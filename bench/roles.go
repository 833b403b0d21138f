package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// The processes that the harness starts are this program again, in one of these
// roles. The role and what comes with it are its arguments.
const (
	roleCandidate = "candidate" // NAME of a peer
	roleCrowd     = "crowd"     // NAME of a peer, how many, and what they are to become
	roleWatched   = "watched"   // how many elections, all of which it leads while their heartbeats are watched
	roleRivals    = "rivals"    // NAME of a peer, how many candidates of one election, and how many clients they share
	roleEtcd      = "etcd"
)

// What the processes tell, beside what they believe, in records of kind Event.
const (
	eventStopping = "stopping" // a candidate was asked to stop
	eventRenewed  = "renewed"  // a lease was; only where the store can't tell
	eventCrowd    = "crowd"    // Err has a crowdReport
	eventWatching = "watching" // from now on, until
	eventWatched  = "watched"  // now; Err has a heartbeatReport
	eventElected  = "elected"  // one of the rivals was
)

func startRole(name string, settings contender.Settings, history *belief.History, role ...string) (*contender.Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return contender.Start(name, append([]string{program}, role...), settings, history)
}

// playRole runs the role that the harness has started this process for; ok is false
// where it has not. The harness holds the other end of standard input.
func playRole(args []string) (ok bool, err error) {
	settings, ok, err := contender.FromEnvironment()
	if !ok || err != nil {
		return ok, err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	switch {
	case slices.Equal(args, []string{roleEtcd}):
		return true, runEtcd(settings)
	case len(args) == 2 && args[0] == roleCandidate:
		return true, runCandidate(args[1], settings)
	case len(args) == 4 && args[0] == roleCrowd:
		return true, runCrowd(args[1], args[2], args[3], settings)
	case len(args) == 2 && args[0] == roleWatched:
		return true, runWatched(args[1], settings)
	case len(args) == 4 && args[0] == roleRivals:
		return true, runRivals(args[1], args[2], args[3], settings)
	default:
		return true, fmt.Errorf("no such role: %q", args)
	}
}
