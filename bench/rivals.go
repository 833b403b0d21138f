package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// rival is one of many candidates of one election.
type rival struct {
	candidate
	stop atomic.Pointer[context.CancelFunc]
}

// runRivals has many candidates take part in one election, over so many clients, and
// tells when one is elected. At SIGTERM, the one that leads stops.
func runRivals(name, count, clients string, s contender.Settings) error {
	p, ok := peerNamed(name)
	n, err := strconv.Atoi(count)
	shared, err2 := strconv.Atoi(clients)
	if !ok || err != nil || err2 != nil || shared < 1 {
		return fmt.Errorf("no such rivals: %s of %q with %s clients", count, name, clients)
	}
	out := belief.NewPrinter(os.Stdout)
	connections := make([]connection, shared)
	for i := range connections {
		if connections[i], err = p.dial(s.URL, func() {}); err != nil {
			return err
		}
	}
	rivals, ended := make([]*rival, n), make(chan error, n)
	for i := range rivals {
		each := s
		each.ID = fmt.Sprintf("%s-%d", s.ID, i)
		me, err := connections[i%shared].candidate(each, func() { out.Print(belief.Record{Kind: belief.Event, What: eventElected}) })
		if err != nil {
			return err
		}
		rivals[i] = &rival{candidate: me}
		go func() { ended <- rivals[i].live(s.Retry) }()
		time.Sleep(startPause)
	}
	go stopLeaders(rivals, out)
	out.Print(belief.Record{Kind: belief.Hello})
	return <-ended
}

// live takes part, and again after each stop: later, so that it is somebody else's turn.
func (r *rival) live(pause time.Duration) error {
	for {
		ctx, stop := context.WithCancel(context.Background())
		r.stop.Store(&stop)
		if err := r.Run(ctx); err != nil {
			return err
		}
		rest(context.Background(), pause)
	}
}

// stopLeaders stops, at every SIGTERM, whoever of these leads.
func stopLeaders(rivals []*rival, out *belief.Printer) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	for range signals {
		for _, each := range rivals {
			if each.IsLeader() {
				at := belief.Now()
				(*each.stop.Load())()
				out.Print(belief.Record{Kind: belief.Event, What: eventStopping, At: at})
			}
		}
	}
}
