//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// runOptions are the flags of "leader run".
type runOptions struct {
	participant
	grace   time.Duration
	onLose  string
	wait    time.Duration
	restart bool
	once    bool
}

func newRunCommand() *cobra.Command {
	var options runOptions
	cmd := &cobra.Command{
		Use:     "run [flags] -- COMMAND [ARGUMENTS...]",
		Short:   "Run a command only while this instance leads",
		Long:    runHelp,
		Example: runExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no command given, for example: leader run -- ./worker")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return options.run(args) },

		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault), // files

		DisableFlagsInUseLine: true,
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows COMMAND is COMMAND's
	options.addTo(cmd)
	flags.DurationVar(&options.grace, "grace", 10*time.Second, "how long the command may take to end when leader is stopped or asked to step down")
	flags.StringVar(&options.onLose, "on-lose", "term", "`SIGNAL` that asks the command to end when the lease is lost: term, kill, or a name such as USR1")
	completeValues(cmd, "on-lose", "term", "kill", "int", "hup", "quit", "usr1", "usr2")
	flags.DurationVar(&options.wait, "wait", 0, "give up if not elected within that time (default: wait for as long as it takes)")
	flags.BoolVar(&options.restart, "restart", false, "when the command ends, go on as a candidate")
	flags.BoolVar(&options.once, "once", false, "leave after the first term, also if the lease was lost")
	cmd.MarkFlagsMutuallyExclusive("restart", "once")
	return cmd
}

// killedAfter is how long, at the most, leader is busy with a command beyond its
// --grace, before it gives up on handing the lease over cleanly.
const killedAfter = 5 * time.Second

// run does what the command line says. It looks for what is wrong with that
// before it takes part: an instance that can't do the work must not be elected.
func (o *runOptions) run(command []string) error {
	if err := o.complete(); err != nil {
		return err
	}
	for name, value := range map[string]time.Duration{"grace": o.grace, "wait": o.wait} {
		if err := checkTime(name, value); err != nil {
			return err
		}
	}
	onLose, err := signalNamed(o.onLose)
	if err != nil {
		return fmt.Errorf("--on-lose %s: %w", o.onLose, err)
	}
	path, err := findCommand(command[0])
	if err != nil {
		return err
	}
	client, err := o.redis.open()
	if err != nil {
		return err
	}
	defer disconnect(client)
	log := o.logger()
	sidecar, err := o.sidecar()
	if err != nil {
		return err
	}
	defer sidecar.close()
	lease := newLease(o.config.LockTTL)
	systemd := newSystemd(o.config, log)
	met := new(hindrance)
	election, err := leaderelection.New(met.watch(systemd.watch(redisstore.New(client))), &o.config, o.options(log,
		leaderelection.WithSafetyMargin(lease.margin),
		leaderelection.WithDrainTimeout(o.grace+2*killedAfter),
		leaderelection.WithObserver(lease),
		leaderelection.WithObserver(sidecar.handler),
		leaderelection.WithObserver(systemd),
	)...)
	if err != nil {
		return err
	}
	r := &runner{
		path:       path,
		command:    command,
		env:        append(withoutSystemd(os.Environ()), "LEADER_ID="+election.GetInstanceID(), "LEADER_KEY="+o.config.RedisKeyName),
		grace:      o.grace,
		onLose:     onLose,
		wait:       o.wait,
		restart:    o.restart,
		once:       o.once,
		lease:      lease,
		met:        met,
		systemd:    systemd,
		log:        log,
		atTerminal: atTerminal(),
	}
	sidecar.serve(election)
	status, err := r.run(election)
	if err != nil {
		return explain(err)
	}
	return exitWith(status)
}
