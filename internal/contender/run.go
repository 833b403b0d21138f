//go:build linux || darwin

package contender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/redisstore"
	"github.com/redis/go-redis/v9"
)

// Run takes part in the election until SIGTERM, and prints what this process
// believes. It also ends, at once, when the parent does.
//
// The client is as go-redis makes it by default: the hardest for an election,
// since it then ignores deadlines and holds calls for many seconds.
func Run(settings Settings) error {
	dieWithParent()
	options, err := redis.ParseURL(settings.URL)
	if err != nil {
		return fmt.Errorf("contender: %w", err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()

	out := belief.NewPrinter(os.Stdout)
	election, err := leaderelection.New(redisstore.New(client), settings.config(),
		leaderelection.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
		leaderelection.WithObserver(leaderelection.ObserverFunc(func(event leaderelection.Event) { out.Print(recordOf(event)) })))
	if err != nil {
		return err
	}
	became := make(chan struct{}, 1)
	election.OnBecomeLeader(func() {
		select {
		case became <- struct{}{}:
		default: // it has found out by itself
		}
		out.Print(belief.Record{Kind: belief.Became, Leads: election.IsLeader()})
	})
	election.OnLoseLeadership(func() { out.Print(belief.Record{Kind: belief.Lost, Leads: election.IsLeader()}) })

	out.Print(belief.Record{Kind: belief.Hello})
	watching, stop := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() { defer close(watched); watch(watching, election, settings.Pace, became, out) }()
	stopAtSIGTERM(election)
	occupyAtSIGUSR1(client)

	err = election.Lead(context.Background(), worker{out, settings.TidyUp}.work)
	stop()
	<-watched
	out.Print(belief.Record{Kind: belief.Bye, Err: text(err)})
	return err
}

// dieWithParent ends this process when its standard input does: the parent holds
// the other end. It is for systems without a signal for that, and for candidates
// whose parent was killed.
func dieWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}

func stopAtSIGTERM(election *leaderelection.Election) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		_ = election.Stop() // Lead returns its error too
	}()
}

// occupyAtSIGUSR1 has the program use all connections of its client for something
// else, for a second: elections share the client with the rest of a program.
func occupyAtSIGUSR1(client *redis.Client) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			for range client.Options().PoolSize {
				go func() { _ = client.BLPop(context.Background(), time.Second, "nothing comes here").Err() }()
			}
		}
	}()
}

// Short naps cost more processor time than everything else here, and there are
// many processes.
const (
	// A follower is woken when it becomes the leader; in between, this is only to
	// find a belief that nobody was told of.
	followerPace = 5 * time.Millisecond
	workPace     = 2 * time.Millisecond
)

// watch asks the election whether it leads, again and again.
func watch(ctx context.Context, election *leaderelection.Election, pace time.Duration, became <-chan struct{}, out *belief.Printer) {
	sampler := belief.NewSampler(belief.Lead, out.Print)
	defer sampler.End()
	for ctx.Err() == nil {
		leads := false
		sampler.Sample(func() (int64, bool) {
			term := election.Term() // before the answer, as Sample wants it
			leads = election.IsLeader()
			return term, leads
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

// worker is the work of a leader: it says for how long it runs.
type worker struct {
	out    *belief.Printer
	tidyUp time.Duration
}

// work goes on until its ctx ends, and a little longer where it may: after a
// voluntary end nobody else starts before it has returned (P3).
func (w worker) work(ctx context.Context) error {
	term, _ := leaderelection.TermFromContext(ctx)
	sampler := belief.NewSampler(belief.Work, w.out.Print)
	defer sampler.End()

	var told time.Time
	for {
		working := false
		sampler.Sample(func() (int64, bool) {
			working = ctx.Err() == nil
			if !working && mayTidyUp(ctx) {
				if told.IsZero() {
					told = time.Now()
				}
				working = time.Since(told) < w.tidyUp
			}
			return term, working
		})
		if !working {
			return nil
		}
		untilTold(ctx)
	}
}

// untilTold waits a little, less if the work is told to end meanwhile.
func untilTold(ctx context.Context) {
	told := ctx.Done()
	if ctx.Err() != nil {
		told = nil // it is tidying up
	}
	select {
	case <-told:
	case <-time.After(workPace):
	}
}

func mayTidyUp(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, leaderelection.ErrStopped) || errors.Is(cause, leaderelection.ErrResigned)
}

func recordOf(event leaderelection.Event) belief.Record {
	return belief.Record{
		Kind: belief.Event, At: belief.At(event.Time), What: event.Kind.String(),
		Term: event.Term, Leader: event.Leader, Elapsed: event.Elapsed, Err: text(event.Err),
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
