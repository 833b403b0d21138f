//go:build unix

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// runOptions are the flags of "leader run".
type runOptions struct {
	redisURL string
	tls      tlsFiles
	config   leaderelection.Config
	grace    time.Duration
	restart  bool
	quiet    bool
	verbose  bool
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

		DisableFlagsInUseLine: true,
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows COMMAND is COMMAND's
	flags.StringVar(&options.redisURL, "redis", "", "`URL` of the Redis; prefer $"+redisURLVariable+" if it holds a password")
	options.tls.addTo(cmd)
	flags.StringVar(&options.config.RedisKeyName, "key", leaderelection.DefaultRedisKeyName, "`NAME` of the election: instances with the same one compete")
	flags.StringVar(&options.config.RedisInfoKeyName, "info-key", "", "`KEY` that shows who leads (default: the name of the election and \":info\")")
	flags.DurationVar(&options.config.LockTTL, "ttl", leaderelection.DefaultLockTTL, "how long a lease lasts: how soon others take over from an instance that crashed")
	flags.DurationVar(&options.config.HeartbeatInterval, "heartbeat", 0, "how often the leader renews its lease (default 3s, or 3/10 of a shorter --ttl)")
	flags.DurationVar(&options.config.RetryInterval, "retry", 0, "how often a follower asks at least, and how long --restart waits (default 2s, or 1/5 of a shorter --ttl)")
	flags.StringVar(&options.config.InstanceID, "id", "", "`NAME` of this instance (default: hostname and a random suffix)")
	flags.DurationVar(&options.grace, "grace", 10*time.Second, "how long the command may take to end when leader is stopped")
	flags.BoolVar(&options.restart, "restart", false, "when the command ends, go on as a candidate")
	flags.BoolVarP(&options.quiet, "quiet", "q", false, "log warnings and errors only")
	flags.BoolVarP(&options.verbose, "verbose", "v", false, "log everything")
	cmd.MarkFlagsMutuallyExclusive("quiet", "verbose")
	return cmd
}

// killedAfter is how long, at the most, leader is busy with a command beyond its
// --grace, before it gives up on handing the lease over cleanly.
const killedAfter = burialPatience + 3*time.Second

// run does what the command line says. It looks for what is wrong with that
// before it takes part: an instance that can't do the work must not be elected.
func (o *runOptions) run(command []string) error {
	if err := o.complete(); err != nil {
		return err
	}
	path, err := findCommand(command[0])
	if err != nil {
		return err
	}
	client, err := connect(o.redisURL, o.tls.apply)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	log := newLogger(os.Stderr, o.level())
	redis.SetLogger(redisLog{log})

	// Twice the library's margin, since here it is for more than clocks: after a
	// lease could not be renewed the command gets half of it to end, and half of it
	// to die and be buried in, all before anybody else starts.
	margin := o.config.LockTTL / 5
	lease := newLease(o.config.LockTTL, margin/2)
	election, err := leaderelection.New(redisstore.New(client), &o.config,
		leaderelection.WithSafetyMargin(margin),
		leaderelection.WithDrainTimeout(o.grace+killedAfter),
		leaderelection.WithObserver(lease),
		leaderelection.WithLogger(log),
	)
	if err != nil {
		return err
	}
	r := &runner{
		path:       path,
		command:    command,
		env:        append(os.Environ(), "LEADER_ID="+election.GetInstanceID(), "LEADER_KEY="+o.config.RedisKeyName),
		grace:      o.grace,
		restart:    o.restart,
		lease:      lease,
		log:        log,
		atTerminal: atTerminal(),
	}
	status, err := r.run(election)
	if err != nil {
		return explain(err)
	}
	return exitWith(status)
}

// longestTime is more than anybody means.
const longestTime = 365 * 24 * time.Hour

// complete fills in what depends on other flags or the environment.
func (o *runOptions) complete() error {
	config := &o.config
	for name, value := range map[string]time.Duration{
		"ttl": config.LockTTL, "heartbeat": config.HeartbeatInterval, "retry": config.RetryInterval, "grace": o.grace,
	} {
		if value < 0 {
			return fmt.Errorf("--%s %v: a time can't be negative", name, value)
		}
		if value > longestTime {
			return fmt.Errorf("--%s %v: use at most %v, which is a year", name, value, longestTime)
		}
	}
	if o.redisURL == "" {
		o.redisURL = os.Getenv(redisURLVariable)
	}
	if config.LockTTL < leaderelection.MinLockTTL {
		return fmt.Errorf("--ttl %v: use at least %v", config.LockTTL, leaderelection.MinLockTTL)
	}
	if config.RedisKeyName == "" {
		return errors.New("--key is empty: name the election, or leave the flag out")
	}
	if config.RedisInfoKeyName == "" && config.RedisKeyName != leaderelection.DefaultRedisKeyName {
		config.RedisInfoKeyName = config.RedisKeyName + ":info"
	}
	// Where the TTL is short, the defaults of the library keep their proportion to it.
	if config.HeartbeatInterval == 0 {
		config.HeartbeatInterval = min(leaderelection.DefaultHeartbeatInterval, config.LockTTL*3/10)
	}
	if config.RetryInterval == 0 {
		config.RetryInterval = min(leaderelection.DefaultRetryInterval, config.LockTTL/5)
	}
	return nil
}

func (o *runOptions) level() slog.Level {
	switch {
	case o.quiet:
		return slog.LevelWarn
	case o.verbose:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}
