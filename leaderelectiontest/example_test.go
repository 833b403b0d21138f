package leaderelectiontest_test

import (
	"context"
	"fmt"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderelectiontest"
)

// Reporter is a part of a user's program. It sends reports only while it leads.
type Reporter struct {
	election leaderelection.LeaderElection
	queue    []string
}

// NewReporter makes a Reporter that begins each of its terms with an empty queue.
func NewReporter(election leaderelection.LeaderElection) *Reporter {
	r := &Reporter{election: election}
	election.OnBecomeLeader(func() { r.queue = nil; fmt.Println("reporting begins") })
	election.OnLoseLeadership(func() { fmt.Println("reporting ends") })
	return r
}

// Report sends a report, or says who does.
func (r *Reporter) Report(report string) {
	if !r.election.IsLeader() {
		leader, _ := r.election.GetLeaderID()
		fmt.Printf("%s: left to %q\n", report, leader)
		return
	}
	r.queue = append(r.queue, report)
	fmt.Printf("%s: sent, %d so far\n", report, len(r.queue))
}

// The program's own test says who leads.
func Example() {
	election := leaderelectiontest.New()
	reporter := NewReporter(election)

	election.SetLeader(&leaderelection.LeaderInfo{InstanceID: "another instance"})
	reporter.Report("monday")

	election.BecomeLeader()
	reporter.Report("tuesday")
	reporter.Report("wednesday")

	election.LoseLeadership()
	reporter.Report("thursday")

	// Output:
	// monday: left to "another instance"
	// reporting begins
	// tuesday: sent, 1 so far
	// wednesday: sent, 2 so far
	// reporting ends
	// thursday: left to ""
}

// Work that runs under Lead is told by its context when to stop, and why.
func ExampleFake_Lead() {
	election := leaderelectiontest.New()
	working := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = election.Lead(context.Background(), func(ctx context.Context) error {
			term, _ := leaderelection.TermFromContext(ctx)
			fmt.Println("working in term", term)
			working <- struct{}{}
			<-ctx.Done()
			fmt.Println("stopped:", context.Cause(ctx))
			return nil
		})
	}()

	election.BecomeLeader()
	<-working
	election.LoseLeadership()

	election.BecomeLeader() // waits until the last term's work has returned
	<-working
	_ = election.Stop()
	<-ended

	// Output:
	// working in term 1
	// stopped: leaderelection: deposed: the store no longer holds our lease
	// working in term 2
	// stopped: leaderelection: stopped
}
