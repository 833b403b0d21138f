package leaderelection_test

import (
	"context"
	"fmt"
	"log/slog"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// quiet keeps log records out of the examples' output.
var quiet = leaderelection.WithLogger(slog.New(slog.DiscardHandler))

// Lead is what most programs want: the function runs for as long as this instance
// leads.
func ExampleElection_Lead() {
	ctx, stop := context.WithCancel(context.Background()) // signal.NotifyContext, in a real program
	defer stop()

	election, err := leaderelection.New(memstore.New(), nil, quiet)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = election.Lead(ctx, func(ctx context.Context) error {
		fmt.Println("elected")
		stop() // the program is told to end ...
		<-ctx.Done()
		fmt.Println(context.Cause(ctx)) // ... and so is the work
		return nil
	})
	fmt.Println("released, with error", err)
	// Output:
	// elected
	// leaderelection: stopped
	// released, with error <nil>
}

// A resource that remembers the highest term it has seen can refuse a write that
// comes too late.
func ExampleTermFromContext() {
	var highest int64
	write := func(term int64, what string) {
		if term < highest {
			fmt.Println("refused:", what)
			return
		}
		highest = term
		fmt.Println("written:", what)
	}

	election, _ := leaderelection.New(memstore.New(), nil, quiet)
	ctx, stop := context.WithCancel(context.Background())
	_ = election.Lead(ctx, func(ctx context.Context) error {
		term, _ := leaderelection.TermFromContext(ctx)
		write(term, "by the leader")
		write(term-1, "by the leader before, which was paused")
		stop()
		return nil
	})
	// Output:
	// written: by the leader
	// refused: by the leader before, which was paused
}

// Callbacks, for programs that would rather be told than run inside Lead.
func ExampleElection_OnBecomeLeader() {
	election, _ := leaderelection.New(memstore.New(), nil, quiet)
	ctx, stop := context.WithCancel(context.Background())
	election.OnBecomeLeader(func() {
		fmt.Println("start the scheduler; leading:", election.IsLeader())
		stop()
	})
	election.OnLoseLeadership(func() {
		fmt.Println("stop the scheduler; leading:", election.IsLeader())
	})
	fmt.Println("start returned", election.Start(ctx))
	// Output:
	// start the scheduler; leading: true
	// stop the scheduler; leading: false
	// start returned <nil>
}

// Anybody may ask who leads, also without taking part.
func ExampleElection_AwaitLeader() {
	store := memstore.New()
	config := leaderelection.DefaultConfig()
	config.InstanceID, config.Hostname = "api-1", "host-1"
	candidate, _ := leaderelection.New(store, config, quiet)
	go func() { _ = candidate.Start(context.Background()) }()
	defer func() { _ = candidate.Stop() }()

	watcher, _ := leaderelection.New(store, nil, quiet)
	leader, err := watcher.AwaitLeader(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(leader.InstanceID, "on", leader.Hostname)
	// Output: api-1 on host-1
}

// An operator asks the leader to hand over to a candidate. Programs that only steer an
// election, and take no part in it, need no Election.
func ExampleOperator_StepDown() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	store := memstore.New()
	for _, id := range []string{"blue", "green"} {
		election, err := leaderelection.New(store, &leaderelection.Config{InstanceID: id}, quiet)
		if err != nil {
			fmt.Println(err)
			return
		}
		ended := make(chan error, 1)
		go func() { ended <- election.Start(ctx) }()
		defer func() { stop(); <-ended }()
		if _, err := election.AwaitLeader(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}

	operator := leaderelection.Operator{Store: store, Key: leaderelection.DefaultRedisKeyName, Name: "alice"}
	handover, err := operator.StepDown(ctx, "green")
	fmt.Println(handover.From.InstanceID, "->", handover.To.InstanceID, err)
	// Output:
	// blue -> green <nil>
}
