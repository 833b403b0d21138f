package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection"
)

func newHistoryCommand() *cobra.Command {
	var q question
	terms := 20
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Show the terms of an election: who, from when to when, and why it ended",
		Long: `Show the latest terms of an election, the last one first: who led, from when to when,
and why the term ended:
  stopped   the leader was stopped
  resigned  it gave the lead up, and goes on as a candidate
  expired   it did not renew its lease; the end is when the next leader found that out

Redis keeps about the last five hundred terms, for a week after the last of them.`,
		Example: `  leader history --redis redis://localhost:6379 --key nightly
  leader history --key nightly -n 100 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if terms < 1 {
				return fmt.Errorf("--terms %d: use at least 1", terms)
			}
			found, err := q.ask(cmd.Context(), terms)
			if err != nil {
				return err
			}
			h := historyOf(q.key, found)
			return q.output.write(cmd.OutOrStdout(), h, h.table)
		},
	}
	q.addTo(cmd)
	cmd.Flags().IntVarP(&terms, "terms", "n", terms, "how many terms")
	return cmd
}

// expired is the reason of a term whose end was noticed by the next leader only.
const expired = "expired"

// history is what is known of an election's terms. Its field names are an interface.
type history struct {
	Election string    `json:"election"`
	Terms    []tenure  `json:"terms"` // the latest first
	At       time.Time `json:"at"`    // by Redis's clock
}

type tenure struct {
	Term     int64      `json:"term"`
	ID       string     `json:"id"`
	Host     string     `json:"host"`
	Began    *time.Time `json:"began"` // null: not known any more
	Ended    *time.Time `json:"ended"` // null: it lasts, or nobody has noticed yet that it doesn't
	Duration *float64   `json:"durationSeconds"`
	Reason   string     `json:"reason"`
	Vacancy  *float64   `json:"vacancySeconds"` // how long nobody led before it; null: not known
}

func historyOf(key string, found leaderelection.Inspection) history {
	h := history{Election: key, Terms: []tenure{}, At: found.Now.UTC()}
	for i, t := range found.Terms {
		one := tenure{Term: t.Term, ID: t.InstanceID, Host: t.Hostname, Began: maybe(t.Began), Ended: maybe(t.Ended), Reason: t.Reason}
		if one.Began != nil && one.Ended != nil {
			one.Duration = between64(t.Began, t.Ended)
		}
		if i+1 < len(found.Terms) && one.Began != nil {
			if before := found.Terms[i+1]; !before.Ended.IsZero() && before.Reason != expired {
				one.Vacancy = between64(before.Ended, t.Began)
			}
		}
		h.Terms = append(h.Terms, one)
	}
	return h
}

func between64(from, to time.Time) *float64 {
	span := seconds64(to.Sub(from))
	return &span
}

func (h history) table(w *tabwriter.Writer) {
	if len(h.Terms) == 0 {
		_, _ = fmt.Fprintf(w, "Redis knows of no term of the election %s\n", shown(h.Election))
		return
	}
	_, _ = fmt.Fprintln(w, "TERM\tLEADER\tHOST\tBEGAN\tLASTED\tENDED BY\tNOBODY BEFORE")
	for _, t := range h.Terms {
		lasted, reason, vacancy := "-", orDash(t.Reason), "-"
		if t.Ended == nil && t.Began != nil {
			lasted = roughly(h.At.Sub(*t.Began)) + " so far"
		}
		if t.Duration != nil {
			lasted = roughly(duration64(*t.Duration))
		}
		if t.Vacancy != nil {
			vacancy = roughly(duration64(*t.Vacancy))
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Term, shown(t.ID), shown(orDash(t.Host)), exactly(value(t.Began), h.At), lasted, shown(reason), vacancy)
	}
}
