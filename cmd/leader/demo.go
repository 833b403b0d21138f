//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	demoTTL = 2 * time.Second
	// statusTwoLeaders is for scripts that let the demo run for a night.
	statusTwoLeaders = 1
)

// demoExplanation is what the audience is told first.
const demoExplanation = `Three processes share one Redis, and elect a leader. The demo does to them what
production does: it stops, kills and freezes the leader, and takes Redis' data
away. Each process notes what its own IsLeader() says, the leader thousands of
times a second; the notes are put together by the one clock of this machine. So
the times below are measured, and two leaders at once, if only for a moment,
would show.`

type demoFlags struct {
	redisURL string
	ttl      time.Duration
	duration time.Duration
}

func newDemoCommand() *cobra.Command {
	var flags demoFlags
	demo := &cobra.Command{
		Use:   "demo",
		Short: "Watch three processes elect a leader while things go wrong",
		Long: demoExplanation + `

Nothing needs to be installed: without --redis it uses a Redis of its own. With
--redis it uses keys of its own with a random name, and touches nothing else.

It exits with status 1 if ever two processes led at once.`,
		Example: `  leader demo
  leader demo --for 10m
  leader demo --redis redis://localhost:6379`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), cmd.OutOrStdout(), flags)
		},
	}
	demo.Flags().StringVar(&flags.redisURL, "redis", "", "`URL` of a Redis to use instead of an embedded one")
	demo.Flags().DurationVar(&flags.duration, "for", 0, "go on for this long, and begin no act after that (default: one round)")
	demo.Flags().DurationVar(&flags.ttl, "ttl", demoTTL, "how long a lease lasts without renewal")
	demo.AddCommand(newDemoCandidateCommand())
	return demo
}

// newDemoCandidateCommand is what the demo's processes run.
func newDemoCandidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "candidate",
		Hidden: true,
		Args:   noArguments,
		RunE: func(*cobra.Command, []string) error {
			settings, ok, err := contender.FromEnvironment()
			if err != nil {
				return err
			}
			if !ok {
				return errors.New("demo candidate is started by leader demo")
			}
			return contender.Run(settings)
		},
	}
}

func runDemo(ctx context.Context, out io.Writer, flags demoFlags) error {
	// The parent's own messages would tear the live view apart, and those of
	// go-redis tell only what the demo did.
	silenceRedis()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	settings, err := demoSettings(flags.ttl)
	if err != nil {
		return err
	}
	stage, err := newStage(flags.redisURL, settings)
	if err != nil {
		return err
	}
	play := &play{stage: stage, until: flags.duration}
	_, _ = fmt.Fprintf(out, "%s\n\n", demoExplanation)
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		err = playLive(ctx, play, file)
	} else {
		err = play.perform(ctx, newPlainScreen(out))
	}
	stage.close()

	violations := belief.Judge(&stage.history)
	_, _ = io.WriteString(out, summary(play.outcomes, violations))
	return demoResult(violations, err)
}

// demoResult is what the command returns after a play that ended with err.
func demoResult(violations []belief.Violation, err error) error {
	switch {
	case len(violations) > 0:
		return exitWith(statusTwoLeaders)
	case errors.Is(err, context.Canceled):
		return nil // ctrl-C: the table so far is what was wanted
	default:
		return err
	}
}

// demoSettings are those of every candidate, in the proportions of the defaults.
func demoSettings(ttl time.Duration) (contender.Settings, error) {
	settings := contender.Settings{
		TTL:       ttl,
		Heartbeat: ttl * 3 / 10,
		Retry:     ttl / 5,
		Pace:      200 * time.Microsecond,
	}
	config := leaderelection.Config{LockTTL: ttl}
	if err := config.Validate(); err != nil || ttl <= 0 {
		return settings, fmt.Errorf("--ttl %v: use at least %v", ttl, leaderelection.MinLockTTL)
	}
	return settings, nil
}
