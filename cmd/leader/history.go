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
  stopped       the leader was stopped
  resigned      it gave the lead up, and goes on as a candidate
  stepped down  it was asked to, by whoever is named
  expired       it did not renew its lease; the end is when the next leader found that out

What was asked for (step-down, pause, resume) is shown too. Redis keeps about the last five hundred terms, for a week after the last of them.`,
		Example: `  leader history --redis redis://localhost:6379 --key nightly
  leader history --key nightly -n 100 --output json`,
		Args: noArguments,
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
	Terms    []tenure  `json:"terms"`  // the latest first
	Orders   []order   `json:"orders"` // likewise
	At       time.Time `json:"at"`     // by Redis's clock
}

// order is what somebody asked for.
type order struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // step-down, pause or resume
	By   string    `json:"by"`
	To   string    `json:"to,omitempty"`         // of a step-down: in whose favour
	Term int64     `json:"term,omitempty"`       // of a step-down: whose leader was asked
	For  *float64  `json:"forSeconds,omitempty"` // of a pause that ends by itself
}

type tenure struct {
	Term     int64      `json:"term"`
	ID       string     `json:"id"`
	Host     string     `json:"host"`
	Began    *time.Time `json:"began"` // null: not known any more
	Ended    *time.Time `json:"ended"` // null: it lasts, or nobody has noticed yet that it doesn't
	Duration *float64   `json:"durationSeconds"`
	Reason   string     `json:"reason"`
	By       string     `json:"by,omitempty"`   // who asked for its end
	Drained  float64    `json:"drainedSeconds"` // how long its work took to stop, of the duration
	Vacancy  *float64   `json:"vacancySeconds"` // how long nobody led before it, the stopping of work included; null: not known
}

func historyOf(key string, found leaderelection.Inspection) history {
	h := history{Election: key, Terms: []tenure{}, Orders: []order{}, At: found.Now.UTC()}
	for _, o := range found.Orders {
		one := order{At: o.At.UTC(), Kind: o.Kind.String(), By: o.By, To: o.To, Term: o.Term}
		if o.For > 0 {
			lasts := seconds64(o.For)
			one.For = &lasts
		}
		h.Orders = append(h.Orders, one)
	}
	for i, t := range found.Terms {
		one := tenure{Term: t.Term, ID: t.InstanceID, Host: t.Hostname, Began: maybe(t.Began), Ended: maybe(t.Ended), Reason: t.Reason, By: t.By, Drained: seconds64(t.Drained)}
		if one.Began != nil && one.Ended != nil {
			one.Duration = between64(t.Began, t.Ended)
		}
		if i+1 < len(found.Terms) && one.Began != nil {
			if before := found.Terms[i+1]; !before.Ended.IsZero() && before.Reason != expired {
				one.Vacancy = between64(before.Ended.Add(-before.Drained), t.Began)
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
		lasted, reason, vacancy := "-", ended(t.Reason, t.By), "-"
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
	if len(h.Orders) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "\nASKED FOR\tBY\tAT\tWHAT")
	for _, o := range h.Orders {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Kind, shown(orDash(o.By)), exactly(o.At, h.At), shown(o.what()))
	}
}

// ended is why a term ended, and who asked for that.
func ended(reason, by string) string {
	if by == "" {
		return orDash(reason)
	}
	return orDash(reason) + ", by " + by
}

// what is the rest of an order, for people.
func (o order) what() string {
	switch {
	case o.Kind == leaderelection.OrderStepDown.String():
		return fmt.Sprintf("term %d%s", o.Term, inFavourOf(o.To))
	case o.For != nil:
		return "for " + roughly(duration64(*o.For))
	case o.Kind == leaderelection.OrderPause.String():
		return "until resumed"
	default:
		return "-"
	}
}
