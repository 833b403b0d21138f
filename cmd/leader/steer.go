package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// steering are the flags of the commands that ask something of an election.
type steering struct {
	question
	by      string
	timeout time.Duration
}

func (s *steering) addTo(cmd *cobra.Command) {
	s.timeout = questionTimeout
	s.question.addTo(cmd)
	cmd.Flags().StringVar(&s.by, "by", "", "`NAME` of who asks, for the history (default: you, at this host)")
}

// addTimeout is for commands that wait until what they ask for is done.
func (s *steering) addTimeout(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&s.timeout, "timeout", time.Minute, "how long to wait until it is done; what was asked for stands after that")
}

// steer lets an operator do something, and closes the client.
func (s *steering) steer(ctx context.Context, do func(context.Context, leaderelection.Operator) error) error {
	if s.by == "" {
		s.by = whoAsks()
	}
	if s.timeout == 0 {
		return errors.New("--timeout 0s: use a time greater than zero")
	}
	if err := checkTime("timeout", s.timeout); err != nil {
		return err
	}
	client, err := s.redis.open()
	if err != nil {
		return err
	}
	defer disconnect(client)
	silenceRedis()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err = do(ctx, leaderelection.Operator{Store: redisstore.New(client), Key: s.key, Name: s.by})
	if errors.Is(err, leaderelection.ErrNoLeader) {
		return &statusError{statusNobody, fmt.Errorf("nobody leads %s", s.key)}
	}
	if _, known := errors.AsType[*statusError](err); known {
		return err
	}
	return explainWithin(s.timeout, err)
}

// whoAsks is a name for the history: of a person, as far as that can be known.
func whoAsks() string {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

func newStepDownCommand() *cobra.Command {
	var s steering
	var to string
	cmd := &cobra.Command{
		Use:   "step-down",
		Short: "Ask the leader to finish its work and hand over",
		Long: `Ask the leader to finish its work and to hand over, and wait until somebody else leads.
What leader run has started is asked to end as when leader is stopped, and has as long
for it (its --grace).

With --to, the candidate of that name has the first right to lead: for a second, after
which anyone may. Without it, whoever comes first, of those with the highest priority.
A leader that has stepped down goes on as a candidate; where there is no other, it leads
again after its --retry.

Exit status: 0 when another term has begun, or --to leads already; 1 if nobody leads; 124 if
it takes longer than --timeout (the leader goes on with it all the same); 125 if it can't be
done.`,
		Example: `  leader step-down --redis redis://localhost:6379 --key nightly
  leader step-down --key nightly --to worker-2 --output json | jq .leaderlessSeconds`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.steer(cmd.Context(), func(ctx context.Context, operator leaderelection.Operator) error {
				defer s.tellOfWaiting(cmd, "waiting until another leads; the leader may take its time to finish its work")()
				found, err := operator.StepDown(ctx, to)
				if err != nil && ctx.Err() != nil && found.From.InstanceID != "" {
					return &statusError{statusWaited, err} // it was asked
				}
				if err != nil {
					return err
				}
				h := handoverOf(s.key, found)
				return s.output.write(cmd.OutOrStdout(), h, h.table)
			})
		},
	}
	s.addTo(cmd)
	s.addTimeout(cmd)
	cmd.Flags().StringVar(&to, "to", "", "`INSTANCE` that shall lead next: a candidate, as leader status shows them")
	completeCandidate(cmd, "to", &s.redis, &s.key)
	return cmd
}

// quietly is how long something may take before a word is said about it.
const quietly = 2 * time.Second

// tellOfWaiting says so on standard error, once it takes longer than one expects.
func (s *steering) tellOfWaiting(cmd *cobra.Command, what string) (stop func()) {
	timer := time.AfterFunc(quietly, func() { _, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s (for %v at the most)\n", what, s.timeout) })
	return func() { timer.Stop() }
}

// handover is who followed whom. Its field names are an interface.
type handover struct {
	Election   string   `json:"election"`
	From       party    `json:"from"`
	To         party    `json:"to"`
	Leaderless *float64 `json:"leaderlessSeconds"` // null: not known
}

type party struct {
	ID   string `json:"id"`
	Host string `json:"host"`
	Term int64  `json:"term"`
}

func partyOf(l leaderelection.LeaderInfo) party { return party{l.InstanceID, l.Hostname, l.Term} }

func handoverOf(key string, found leaderelection.Succession) handover {
	h := handover{Election: key, From: partyOf(found.From), To: partyOf(found.To)}
	if found.Leaderless >= 0 {
		span := seconds64(found.Leaderless)
		h.Leaderless = &span
	}
	return h
}

func (h handover) table(w *tabwriter.Writer) {
	if h.From.Term == h.To.Term {
		_, _ = fmt.Fprintf(w, "%s leads already, in term %d\n", shown(h.To.ID), h.To.Term)
		return
	}
	_, _ = fmt.Fprintf(w, "stepped down\t%s\tterm %d\n", shown(h.From.ID), h.From.Term)
	_, _ = fmt.Fprintf(w, "leads now\t%s\tterm %d\n", shown(h.To.ID), h.To.Term)
	if h.Leaderless != nil {
		_, _ = fmt.Fprintf(w, "nobody led\tfor %s\n", roughly(duration64(*h.Leaderless)))
	}
}

func newPauseCommand() *cobra.Command {
	var s steering
	var lasts time.Duration
	var keep bool
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Have nobody elected, for maintenance",
		Long: `Have nobody elected until leader resume, or for as long as --for says. The leader is
asked to finish its work and to step down, and pause waits until nobody leads. With
--keep-leader it may lead on, and is only not succeeded.

Candidates wait. A pause is kept with the election's other data: a Redis that loses them
elects again.

Exit status: 0 if nobody leads any more, 124 if that takes longer than --timeout (the
pause stands all the same), 125 if it can't be done.`,
		Example: `  leader pause --redis redis://localhost:6379 --key nightly
  leader pause --key nightly --for 2h --by "alice, ticket 4711"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTime("for", lasts); err != nil {
				return err
			}
			return s.steer(cmd.Context(), func(ctx context.Context, operator leaderelection.Operator) error {
				paused, err := operator.Pause(ctx, lasts, keep)
				if err != nil {
					return err
				}
				defer s.tellOfWaiting(cmd, "paused; waiting until the leader has finished its work")()
				return s.show(ctx, cmd, operator, func(now leaderelection.Inspection) bool {
					return keep || now.Leader == nil || paused.Leader == nil || now.Leader.Term > paused.Leader.Term // a short pause may be over
				})
			})
		},
	}
	s.addTo(cmd)
	s.addTimeout(cmd)
	cmd.Flags().DurationVar(&lasts, "for", 0, "how long (default: until leader resume)")
	cmd.Flags().BoolVar(&keep, "keep-leader", false, "let the leader lead on")
	return cmd
}

func newResumeCommand() *cobra.Command {
	var s steering
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End a pause: elect again",
		Long: `End a pause. Candidates are woken, and one of them leads within milliseconds.

Exit status: 0, also if there was no pause; 125 if it can't be done.`,
		Example: `  leader resume --redis redis://localhost:6379 --key nightly`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.steer(cmd.Context(), func(ctx context.Context, operator leaderelection.Operator) error {
				ended, err := operator.Resume(ctx)
				if err != nil {
					return err
				}
				if !ended {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s was not paused\n", shown(s.key))
				}
				// Who is woken leads in a moment, and that is what one wants to see.
				soon := time.Now().Add(time.Second)
				return s.show(ctx, cmd, operator, func(now leaderelection.Inspection) bool {
					return now.Leader != nil || len(now.Present) == 0 || time.Now().After(soon)
				})
			})
		},
	}
	s.addTo(cmd)
	return cmd
}

// show writes the election's status once it is as it shall be.
func (s *steering) show(ctx context.Context, cmd *cobra.Command, operator leaderelection.Operator, done func(leaderelection.Inspection) bool) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var latest leaderelection.Inspection
	for {
		found, err := operator.Store.(leaderelection.Inspector).Inspect(ctx, s.key, 0)
		if ctx.Err() != nil && latest.Leader != nil {
			return &statusError{statusWaited, fmt.Errorf("%s still leads: %w", latest.Leader.InstanceID, ctx.Err())}
		}
		if err != nil {
			return err
		}
		if latest = found; done(found) {
			now := statusOf(s.key, found)
			return s.output.write(cmd.OutOrStdout(), now, now.table)
		}
		select {
		case <-tick.C:
		case <-ctx.Done(): // which the next question says
		}
	}
}
