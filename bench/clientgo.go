package main

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/contender"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/klog/v2"
)

// By https://pkg.go.dev/k8s.io/client-go/tools/leaderelection and its example
// (examples/leader-election in that repository): ReleaseOnCancel, and the durations
// in the proportion of its defaults, 15s, 10s and 2s. The example exits when it has
// lost; here a new elector follows, so that a candidate stays one.
var clientGoPeer = peer{
	name:  "client-go",
	note:  "LeaseDuration is the TTL, RenewDeadline two thirds of it, RetryPeriod (renewals and retries alike) the retry interval; ReleaseOnCancel; its record is in memory, one HTTP request away, with no API server to wait for; leadership is IsLeader until Run returns",
	store: func(s *scope) store { return startRecords(s) },
	dial: func(address string, _ func()) (connection, error) {
		klog.LogToStderr(false)
		klog.SetOutput(io.Discard)
		return newRecordsClient(address), nil
	},
}

func (c *recordsClient) candidate(s contender.Settings, became func()) (candidate, error) {
	me := &clientGoCandidate{config: leaderelection.LeaderElectionConfig{
		Lock:            &recordLock{client: c, key: s.Key, id: s.ID, limit: requestLimit(s.TTL)},
		LeaseDuration:   s.TTL,
		RenewDeadline:   renewDeadline(s.TTL),
		RetryPeriod:     s.Retry,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { became() },
			OnStoppedLeading: func() {},
		},
	}}
	_, err := leaderelection.NewLeaderElector(me.config) // whether the durations are to its liking
	return me, err
}

func renewDeadline(ttl time.Duration) time.Duration { return ttl * 2 / 3 }

// requestLimit is what resourcelock.NewFromKubeconfig sets: a "reasonable
// heuristic", so that one hung request does not cost the lease.
func requestLimit(ttl time.Duration) time.Duration { return max(time.Second, renewDeadline(ttl)/2) }

type clientGoCandidate struct {
	config  leaderelection.LeaderElectionConfig
	elector atomic.Pointer[leaderelection.LeaderElector]
}

func (c *clientGoCandidate) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(c.config)
		if err != nil {
			return err
		}
		c.elector.Store(elector)
		elector.Run(ctx)
		c.elector.Store(nil) // a user stops at OnStoppedLeading; IsLeader may stay true
	}
	return nil
}

func (c *clientGoCandidate) IsLeader() bool {
	elector := c.elector.Load()
	return elector != nil && elector.IsLeader()
}
