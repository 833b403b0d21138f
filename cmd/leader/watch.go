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

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// lookEvery is how often a watched election is looked at when nothing is told of it.
const lookEvery = 500 * time.Millisecond

func newWatchCommand() *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Watch an election live",
		Long: `Watch an election: in a terminal a live view of the leader, its lease, the candidates and
what happens; otherwise a line for every change. With --output json that is an object, and
with --output yaml a document, of the fields that leader status has.

It goes on while Redis can't be reached, and says so. q or ctrl-C ends it.

Exit status: 0, or 125 if Redis refuses from the first what asking again can't mend, such
as a wrong password.`,
		Example: `  leader watch --redis redis://localhost:6379 --key nightly
  leader watch --key nightly --output json | jq -r .leader.id`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return q.watch(cmd) },
	}
	q.addTo(cmd)
	return cmd
}

func (q *question) watch(cmd *cobra.Command) error {
	client, err := q.redis.open()
	if err != nil {
		return err
	}
	defer disconnect(client)
	silenceRedis()
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	sights := q.look(ctx, redisstore.New(client))
	out := cmd.OutOrStdout()
	if file, ok := out.(*os.File); ok && q.output == asTable && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		return watchLive(stop, q.key, sights, file)
	}
	return watchPlainly(out, q.output, sights)
}

// sight is an election as it was seen once.
type sight struct {
	status status
	latest []leaderelection.TermRecord
	err    error
	at     time.Time // by our clock
	seen   time.Time // when status was true: at, or before an outage
}

// inVain reports whether there is no use in going on: Redis refuses for good, and has never
// answered. Where it has, somebody is about to change something, and may change it back.
func (s sight) inVain(before *sight) bool {
	return refused(s.err) && (before == nil || before.status.State == "")
}

// refused reports whether it is of no use to ask again.
func refused(err error) bool {
	_, ok := errors.AsType[*leaderelection.ConfigurationError](err)
	return ok
}

// trouble is why an election can't be seen, on one line.
func trouble(err error) string {
	_, answered := errors.AsType[redis.Error](err)
	says := "does not answer"
	if answered || refused(err) {
		says = "refuses"
	}
	return fmt.Sprintf("Redis %s: %s", says, inOneLine(err))
}

// look sends how the election stands: again and again, at once when there is news of it,
// until ctx ends.
func (q *question) look(ctx context.Context, store *redisstore.Store) <-chan sight {
	sights := make(chan sight)
	hints := store.Watch(ctx, q.key, "")
	go func() {
		defer close(sights)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			asking, cancel := context.WithTimeout(ctx, questionTimeout)
			found, err := store.Inspect(asking, q.key, 2)
			cancel()
			if ctx.Err() != nil {
				return // that is why it is not answered
			}
			now, stands := time.Now(), status{Election: q.key}
			if err == nil {
				stands = statusOf(q.key, found)
			}
			select {
			case sights <- sight{stands, found.Terms, err, now, now}:
			case <-ctx.Done():
				return
			}
			select {
			case <-tick.C:
			case <-hints:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sights
}

// news is what a sight tells beyond the one before it, a line each.
func news(before *sight, now sight) []string {
	if now.err != nil {
		if before != nil && before.err != nil {
			return nil
		}
		return []string{trouble(now.err)}
	}
	var lines []string
	s := now.status
	if before != nil && before.err != nil {
		lines = append(lines, "Redis answers again")
	}
	if before != nil && before.status.Leader != nil {
		was := before.status.Leader
		for _, t := range now.latest {
			if t.Term == was.Term && !t.Ended.IsZero() {
				lines = append(lines, fmt.Sprintf("%s does not lead any more (%s)", was.ID, ended(t.Reason, t.By)))
			}
		}
	}
	lines = append(lines, asking(before, s)...)
	if before != nil && before.err == nil && sameReign(before.status, s) {
		return lines
	}
	switch {
	case s.Leader != nil:
		lines = append(lines, fmt.Sprintf("%s leads, on %s, in term %d", s.Leader.ID, orDash(s.Leader.Host), s.Leader.Term))
	case s.State == "quarantined":
		lines = append(lines, "nobody may lead yet: Redis may have forgotten a lease")
	case s.State == "reserved":
		lines = append(lines, s.heir()+" has the first right to lead")
	default:
		lines = append(lines, "nobody leads")
	}
	return lines
}

// asking is what has been asked for since.
func asking(before *sight, s status) (lines []string) {
	var then status
	if before != nil {
		then = before.status
	}
	if s.Asked != nil && s.Leader != nil && (then.Asked == nil || *then.Asked != *s.Asked) {
		lines = append(lines, fmt.Sprintf("%s asks %s to step down%s", s.Asked.By, s.Leader.ID, inFavourOf(s.Asked.To)))
	}
	switch {
	case s.Pause != nil && (then.Pause == nil || !then.Pause.Since.Equal(s.Pause.Since)):
		lines = append(lines, fmt.Sprintf("%s has elections paused", s.Pause.By))
	case s.Pause == nil && then.Pause != nil:
		lines = append(lines, "elections are resumed")
	}
	return lines
}

// sameReign reports whether nothing has changed that is news.
func sameReign(a, b status) bool {
	if a.State != b.State || (a.Leader == nil) != (b.Leader == nil) {
		return false
	}
	return a.Leader == nil || a.Leader.ID == b.Leader.ID && a.Leader.Term == b.Leader.Term
}

// watchPlainly writes what is new, as it is seen.
func watchPlainly(out io.Writer, as format, sights <-chan sight) error {
	var before *sight
	for now := range sights {
		if now.inVain(before) {
			return explain(now.err)
		}
		if lines := news(before, now); len(lines) > 0 {
			if err := now.write(out, as, lines); err != nil {
				return err
			}
		}
		before = carry(before, now)
	}
	return nil
}

// write writes a line for each piece of news; or, for programs, how the election stands
// since, as a line of JSON or a document of YAML.
func (s sight) write(out io.Writer, as format, news []string) (err error) {
	switch as {
	case asJSON:
		_, err = fmt.Fprintln(out, oneLine(s.value()))
	case asYAML:
		err = writeYAML(out, "---\n", s.value())
	default:
		at := s.at.UTC().Format("2006-01-02T15:04:05.000Z ")
		for _, line := range news {
			if _, err = fmt.Fprintln(out, at+shown(line)); err != nil {
				break
			}
		}
	}
	return err
}

// carry is the sight to compare the next one with: what was known before an outage is
// known after it.
func carry(before *sight, now sight) *sight {
	if now.err != nil && before != nil {
		now.status, now.latest, now.seen = before.status, before.latest, before.seen
	}
	return &now
}

// value is the sight for programs.
func (s sight) value() any {
	if s.err != nil {
		return struct {
			Election string    `json:"election"`
			State    string    `json:"state"`
			Error    string    `json:"error"`
			At       time.Time `json:"at"`
		}{s.status.Election, "unknown", plain(s.err.Error()), s.at.UTC()}
	}
	return s.status
}
