package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// defaultListen is where leader serve answers.
const defaultListen = "127.0.0.1:4040"

// echo is how soon the same signal may come once more and mean the same: timeout(1) sends
// it to leader, and then to leader's process group, and so do others who start programs.
const echo = 100 * time.Millisecond

func newServeCommand() *cobra.Command {
	var p participant
	var grace time.Duration
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Take part for an application beside it, and tell it by HTTP whether it leads",
		Long: `Take part in an election for an application beside it (a sidecar), which asks by HTTP
whether it leads:
  /leader  200 if this instance leads at this moment, 503 if not; both with JSON, in which
           term is a fencing token
  /livez   200
  /readyz  200 once Redis has answered, whoever leads
  /events  what happens, as server-sent events

The application must ask before whatever only one may do, and stop when the answer is
503 or doesn't come: leader cannot stop it. When leader is stopped or asked to step down it
answers 503 at once, and gives the lease back after --grace: longer than the application takes to ask
again, and to stop. When the lease is lost, a tenth of --ttl is left for that. Where
the application can be a command that is started and stopped, leader run is safer.`,
		Example: `  leader serve --redis redis://localhost:6379 --key nightly
  curl --fail http://127.0.0.1:4040/leader && ./do-what-only-one-may-do`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), grace) },
	}
	p.addTo(cmd)
	cmd.Flags().DurationVar(&grace, "grace", 5*time.Second, "how long the lease is kept when leader is stopped, for the application to notice")
	p.listen = defaultListen
	cmd.Flags().Lookup("listen").DefValue = defaultListen
	return cmd
}

func (p *participant) serve(ctx context.Context, grace time.Duration) error {
	if err := errors.Join(p.complete(), checkTime("grace", grace)); err != nil {
		return err
	}
	if p.listen == "" {
		return errors.New("--listen is empty: give the address to answer at, such as " + defaultListen)
	}
	client, err := p.redis.open()
	if err != nil {
		return err
	}
	defer disconnect(client)
	sidecar, err := p.sidecar()
	if err != nil {
		return err
	}
	defer sidecar.close()
	log := p.logger()
	systemd := newSystemd(p.config, log)
	election, err := leaderelection.New(systemd.watch(redisstore.New(client)), &p.config, p.options(log,
		leaderelection.WithObserver(sidecar.handler),
		leaderelection.WithObserver(systemd),
		leaderelection.WithDrainTimeout(grace+leaderelection.DefaultDrainTimeout),
	)...)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(echo, stop) }) // from then on a second signal ends leader at once, grace or not
	sidecar.serve(election)
	defer systemd.serve(ctx)()
	return explain(election.Lead(ctx, func(term context.Context) error {
		<-term.Done()
		if cause := context.Cause(term); errors.Is(cause, leaderelection.ErrStopped) || errors.Is(cause, leaderelection.ErrResigned) {
			time.Sleep(grace) // the lease is renewed until this returns
		}
		return nil
	}))
}
