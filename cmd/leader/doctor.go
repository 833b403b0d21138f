package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.com/leaderelection/internal/doctor"
)

func newDoctorCommand() *cobra.Command {
	var p participant
	var output format
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether a Redis is fit for an election, and what to change",
		Long: `Look at a Redis as an election sees it, in some three seconds: whether it can be
reached, what it is, TLS, round trips beside --heartbeat and --ttl, the rates of the
clocks, eviction, persistence, replicas, scripts, INFO, permissions, wake-ups, the keys.

Of each check it says one of
  OK    it was seen to be so
  WARN  elections work; something may be lost, or could not be found out
  FAIL  nobody is elected there, or two may be
and what to do about it. Where Redis can't be reached, it says that and nothing more.

It does not disturb the election, and may be run beside a leader. What has to be tried
is tried on keys beside the election's that it removes again (with the election's name
and ":events:doctor-" in theirs). If it is killed just then, they vanish in a week.

Exit status: 0 if all is OK or WARN, 1 if some check is FAIL, 125 if the flags are wrong.`,
		Example: `  leader doctor --redis redis://localhost:6379 --key nightly
  leader doctor --key nightly --ttl 3s --output json | jq -r '.checks[] | select(.status != "OK")'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.complete(); err != nil {
				return err
			}
			report, err := examine(cmd, &p)
			if err != nil {
				return err
			}
			if err := report.write(cmd.OutOrStdout(), output); err != nil {
				return err
			}
			if report.Status == doctor.Fail {
				return exitWith(statusUnfit)
			}
			return nil
		},
	}
	p.addElectionTo(cmd)
	output.addTo(cmd)
	return cmd
}

// diagnosis is what doctor has found. Its field names are an interface.
type diagnosis struct {
	Election  string          `json:"election"`
	Status    doctor.Status   `json:"status"` // the worst of the checks'
	TTL       float64         `json:"ttlSeconds"`
	Heartbeat float64         `json:"heartbeatSeconds"`
	Retry     float64         `json:"retrySeconds"`
	Checks    []doctor.Result `json:"checks"`
}

// examine ends early, with an error, when it is interrupted.
func examine(cmd *cobra.Command, p *participant) (diagnosis, error) {
	client, err := p.redis.open()
	if err != nil {
		return diagnosis{}, err
	}
	defer disconnect(client)
	silenceRedis()
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second one ends it at once

	progress, done := progressOn(cmd.ErrOrStderr())
	results, err := doctor.Examine(ctx, doctor.Patient{Client: client, Sentinel: p.redis.sentinels(), Config: p.config}, progress)
	done()
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return diagnosis{}, err
	}
	for i := range results {
		results[i].Found, results[i].Remedy = plain(results[i].Found), plain(results[i].Remedy)
	}
	return diagnosis{
		Election: p.config.RedisKeyName, Status: doctor.Worst(results), Checks: results,
		TTL: seconds64(p.config.LockTTL), Heartbeat: seconds64(p.config.HeartbeatInterval), Retry: seconds64(p.config.RetryInterval),
	}, nil
}

// progressOn shows on a terminal what is being looked at, on one line that vanishes.
func progressOn(w io.Writer) (progress func(string), done func()) {
	if width, ok := terminalWidth(w); !ok || width < 40 {
		return func(string) {}, func() {}
	}
	const anew = "\r\x1b[K"
	return func(check string) { _, _ = fmt.Fprintf(w, "%slooking at: %s ...", anew, check) }, func() { _, _ = fmt.Fprint(w, anew) }
}

// terminalWidth returns how wide a terminal is; ok is false of what is none.
func terminalWidth(w io.Writer) (width int, ok bool) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	return width, err == nil
}

// write shows the diagnosis, with colours where there is a terminal that has them.
func (d diagnosis) write(w io.Writer, f format) error {
	if f != asTable {
		return f.write(w, d, nil)
	}
	width, ok := terminalWidth(w)
	if !ok {
		width = 80
	}
	_, err := lipgloss.Fprint(w, d.table(min(max(width, 50), 120)))
	return err
}
