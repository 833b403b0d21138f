package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// questionTimeout is how long Redis may take to answer.
const questionTimeout = 5 * time.Second

// question is a command that asks Redis something about an election.
type question struct {
	redis  connection
	key    string
	output format
}

func (q *question) addTo(cmd *cobra.Command) {
	q.redis.addTo(cmd)
	addKey(cmd, &q.key)
	completeKey(cmd, &q.redis)
	q.output.addTo(cmd)
}

// ask inspects the election.
func (q *question) ask(ctx context.Context, terms int) (leaderelection.Inspection, error) {
	client, err := q.redis.open()
	if err != nil {
		return leaderelection.Inspection{}, err
	}
	defer disconnect(client)
	silenceRedis()
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	found, err := redisstore.New(client).Inspect(ctx, q.key, terms)
	return found, explain(err)
}

func newStatusCommand() *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show who leads",
		Long: `Show who leads an election: since when, in which term, when the lease was last
renewed and how long it lasts yet, and who else takes part.

A candidate that has ended without saying so is shown until it has not been heard
of for two retry intervals and a TTL.

Exit status: 0 if somebody leads, 1 if nobody does, 125 if that can't be known.`,
		Example: `  leader status --redis redis://localhost:6379 --key nightly
  leader status --key nightly --output json | jq -r .leader.id`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := q.ask(cmd.Context(), 0)
			if err != nil {
				return err
			}
			s := statusOf(q.key, found)
			if err := q.output.write(cmd.OutOrStdout(), s, s.table); err != nil {
				return err
			}
			if s.Leader == nil {
				return exitWith(statusNobody)
			}
			return nil
		},
	}
	q.addTo(cmd)
	return cmd
}

// status is an election as it stands. Its field names are an interface.
type status struct {
	Election   string      `json:"election"`
	State      string      `json:"state"` // led, vacant, quarantined, paused, or reserved for a moment; in a list also unreadable
	Term       int64       `json:"term"`  // of the leader, or the last one known
	Leader     *leader     `json:"leader"`
	TTL        float64     `json:"ttlSeconds"`
	Remaining  *float64    `json:"remainingSeconds"` // until the lease, the quarantine, the pause ends; null: it has no end
	Candidates []candidate `json:"candidates"`       // beside the leader, the highest priority first, then by name
	Asked      *asked      `json:"askedToStepDown,omitempty"`
	Pause      *pause      `json:"pause,omitempty"` // the leader may lead on in it
	Heir       string      `json:"reservedFor,omitempty"`
	At         time.Time   `json:"at,omitzero"` // by Redis's clock
	Warning    string      `json:"warning,omitempty"`
	Error      string      `json:"error,omitempty"` // of an election that leader list can't read: why
}

// asked is that the leader was asked to step down.
type asked struct {
	By string `json:"by"`
	To string `json:"to,omitempty"`
}

// pause is a time in which nobody is elected.
type pause struct {
	By    string     `json:"by"`
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until"` // null: until somebody resumes
}

type leader struct {
	ID            string     `json:"id"`
	Host          string     `json:"host"`
	Priority      int        `json:"priority"`
	Term          int64      `json:"term"`
	Since         *time.Time `json:"since"`
	LastHeartbeat *time.Time `json:"lastHeartbeat"`
}

type candidate struct {
	ID           string    `json:"id"`
	Priority     int       `json:"priority"`
	PresentUntil time.Time `json:"presentUntil"` // unless it is heard of again
}

// states are how an election stands, in a word.
var states = map[leaderelection.Verdict]string{
	leaderelection.Held:        "led",
	leaderelection.Quarantined: "quarantined",
	leaderelection.Paused:      "paused",
	leaderelection.Reserved:    "reserved",
	leaderelection.Vacant:      "vacant",
}

func leaderOf(l *leaderelection.LeaderInfo) *leader {
	return &leader{ID: l.InstanceID, Host: l.Hostname, Term: l.Term, Since: maybe(l.StartedAt), LastHeartbeat: maybe(l.LastHeartbeat)}
}

func statusOf(key string, found leaderelection.Inspection) status {
	s := status{
		Election: key, Term: found.Term, TTL: seconds64(found.TTL),
		At: found.Now.UTC(), Warning: found.Warning, Candidates: []candidate{}, State: states[found.Verdict], Heir: found.Heir,
	}
	if found.Asked != nil {
		s.Asked = &asked{By: found.Asked.By, To: found.Asked.To}
	}
	if p := found.Pause; p != nil {
		s.Pause = &pause{By: p.By, Since: p.Since.UTC(), Until: maybe(p.Until)}
	}
	if found.Remaining >= 0 {
		remaining := seconds64(found.Remaining)
		s.Remaining = &remaining
	}
	if found.Leader != nil {
		s.Leader = leaderOf(found.Leader)
		s.Leader.Priority = found.Priority
	}
	for _, c := range found.Present {
		if s.Leader != nil && c.ID == s.Leader.ID {
			continue // it bid once, and counts as present for a while
		}
		s.Candidates = append(s.Candidates, candidate{c.ID, c.Priority, c.Until.UTC()})
	}
	// Redis has them by when they were heard of: they would change places all the time.
	slices.SortFunc(s.Candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// table is what people read.
func (s status) table(w *tabwriter.Writer) {
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, shown(fmt.Sprintf(format, args...)))
	}
	line("election", "%s", s.Election)
	switch {
	case s.Leader != nil:
		line("leader", "%s%s", s.Leader.ID, ranked(s.Leader.Priority))
		line("host", "%s", orDash(s.Leader.Host))
		line("term", "%d", s.Leader.Term)
		line("since", "%s", exactly(value(s.Leader.Since), s.At))
		line("last heartbeat", "%s", exactly(value(s.Leader.LastHeartbeat), s.At))
		s.lasts(line, "lease ends")
	case s.State == "quarantined":
		line("leader", "nobody, and nobody may lead yet: Redis may have forgotten a lease")
		s.lasts(line, "quarantine ends")
		line("last term", "%d", s.Term)
	case s.State == "reserved":
		line("leader", "nobody yet: %s has the first right for a moment", s.heir())
		line("last term", "%d", s.Term)
	default:
		line("leader", "nobody")
		line("last term", "%d", s.Term)
	}
	if s.Asked != nil {
		line("asked", "to step down%s, by %s", inFavourOf(s.Asked.To), s.Asked.By)
	}
	if s.Pause != nil {
		line("paused", "by %s, since %s", s.Pause.By, exactly(s.Pause.Since, s.At))
		if s.Pause.Until == nil {
			line("until", "somebody resumes: leader resume")
		} else {
			line("until", "%s", exactly(*s.Pause.Until, s.At))
		}
	}
	for i, c := range s.Candidates {
		name := ""
		if i == 0 {
			name = "candidates"
		}
		line(name, "%s%s", c.ID, ranked(c.Priority))
	}
	if s.Warning != "" {
		line("warning", "%s", s.Warning)
	}
}

func (s status) lasts(line func(string, string, ...any), name string) {
	if s.Remaining == nil {
		line(name, "never: the lock has no expiry")
		return
	}
	line(name, "%s", exactly(s.At.Add(duration64(*s.Remaining)), s.At))
}

// heir is whom a vacancy is reserved for.
func (s status) heir() string {
	if s.Heir == "" {
		return "the candidate of the highest priority"
	}
	return s.Heir
}

func ranked(priority int) string {
	if priority == 0 {
		return ""
	}
	return fmt.Sprintf(" (priority %d)", priority)
}

func inFavourOf(to string) string {
	if to == "" {
		return ""
	}
	return " in favour of " + to
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
