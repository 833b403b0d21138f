package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// runCandidate takes part in an election until SIGTERM, and prints what this process
// believes.
func runCandidate(name string, s contender.Settings) error {
	p, ok := peerNamed(name)
	if !ok {
		return fmt.Errorf("no such peer: %q", name)
	}
	out := belief.NewPrinter(os.Stdout)
	connection, err := p.dial(s.URL, func() { out.Print(belief.Record{Kind: belief.Event, What: eventRenewed}) })
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	became := make(chan struct{}, 1)
	me, err := connection.candidate(s, func() {
		select {
		case became <- struct{}{}:
		default: // it has found out by itself
		}
	})
	if err != nil {
		return err
	}

	ctx, stop := context.WithCancel(context.Background())
	stopAtSIGTERM(stop, out)
	watching, unwatch := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() { defer close(watched); watch(watching, me, s.Pace, became, out) }()
	out.Print(belief.Record{Kind: belief.Hello})

	err = me.Run(ctx)
	unwatch()
	<-watched
	out.Print(belief.Record{Kind: belief.Bye})
	return err
}

func stopAtSIGTERM(stop func(), out *belief.Printer) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		at := belief.Now()
		stop()
		out.Print(belief.Record{Kind: belief.Event, What: eventStopping, At: at})
	}()
}

// A follower is woken when it becomes the leader; in between, this is only to find a
// belief that nobody was told of.
const followerPace = 5 * time.Millisecond

// watch asks the candidate whether it leads, again and again.
func watch(ctx context.Context, me candidate, pace time.Duration, became <-chan struct{}, out *belief.Printer) {
	sampler := belief.NewSampler(belief.Lead, out.Print)
	defer sampler.End()
	for ctx.Err() == nil {
		leads := false
		sampler.Sample(func() (int64, bool) {
			leads = me.IsLeader()
			return belief.NoTerm, leads // most peers have no terms
		})
		if leads {
			nap(pace)
			continue
		}
		select {
		case <-became:
		case <-time.After(followerPace):
		}
	}
}
