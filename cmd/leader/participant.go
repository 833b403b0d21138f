package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection"
)

// participant are the flags of the commands that take part in an election.
type participant struct {
	redis   connection
	config  leaderelection.Config
	listen  string
	rank    int
	preempt bool
	quiet   bool
	verbose bool
}

func (p *participant) addTo(cmd *cobra.Command) {
	p.addElectionTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&p.config.InstanceID, "id", "", "`NAME` of this instance (default: hostname and a random suffix)")
	flags.IntVar(&p.rank, "priority", 0, "among the candidates that are there when nobody leads, the highest priority wins; -1000 to 1000")
	flags.BoolVar(&p.preempt, "preempt", false, "ask a leader of lower --priority to step down")
	flags.StringVar(&p.listen, "listen", "", "answer at this `ADDRESS` by HTTP whether this instance leads: /leader, /livez, /readyz, /events")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "log warnings and errors only")
	flags.BoolVarP(&p.verbose, "verbose", "v", false, "log everything")
	cmd.MarkFlagsMutuallyExclusive("quiet", "verbose")
}

// addElectionTo adds those that say which election it is, and how fast.
func (p *participant) addElectionTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	p.redis.addTo(cmd)
	addKey(cmd, &p.config.RedisKeyName)
	completeKey(cmd, &p.redis)
	_ = flags.SetAnnotation("key", withElectionOfItsOwn, []string{"true"})
	flags.StringVar(&p.config.RedisInfoKeyName, "info-key", "", "`KEY` that shows who leads (default: the name of the election and \":info\", or "+leaderelection.DefaultRedisInfoKeyName+" for the default one)")
	flags.DurationVar(&p.config.LockTTL, "ttl", leaderelection.DefaultLockTTL, "how long a lease lasts: how soon others take over from an instance that crashed")
	flags.DurationVar(&p.config.HeartbeatInterval, "heartbeat", 0, "how often the leader renews its lease (default 3s, or 3/10 of a shorter --ttl)")
	flags.DurationVar(&p.config.RetryInterval, "retry", 0, "how often a follower asks at least, and how long --restart waits (default 2s, or 1/5 of a shorter --ttl)")
}

// logger also takes over what go-redis has to say.
func (p *participant) logger() *slog.Logger {
	log := newLogger(stderr(), p.level())
	redis.SetLogger(redisLog{log})
	return log
}

// longestTime is more than anybody means.
const longestTime = 365 * 24 * time.Hour

// checkTime refuses what nobody means by a flag.
func checkTime(flag string, value time.Duration) error {
	if value < 0 {
		return fmt.Errorf("--%s %v: a time can't be negative", flag, value)
	}
	if value > longestTime {
		return fmt.Errorf("--%s %v: use at most %v, which is a year", flag, value, longestTime)
	}
	return nil
}

// complete fills in what depends on other flags or the environment.
func (p *participant) complete() error {
	config := &p.config
	for name, value := range map[string]time.Duration{
		"ttl": config.LockTTL, "heartbeat": config.HeartbeatInterval, "retry": config.RetryInterval,
	} {
		if err := checkTime(name, value); err != nil {
			return err
		}
	}
	if config.LockTTL < leaderelection.MinLockTTL {
		return fmt.Errorf("--ttl %v: use at least %v", config.LockTTL, leaderelection.MinLockTTL)
	}
	if p.rank < -1000 || p.rank > 1000 {
		return fmt.Errorf("--priority %d: use a number from -1000 to 1000", p.rank)
	}
	if config.HeartbeatInterval >= config.LockTTL {
		return fmt.Errorf("--heartbeat %v: use less than --ttl, which is %v", config.HeartbeatInterval, config.LockTTL)
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

// options are what every participant takes part with, and more.
func (p *participant) options(log *slog.Logger, more ...leaderelection.Option) []leaderelection.Option {
	more = append(more, leaderelection.WithLogger(log), leaderelection.WithPriority(p.rank))
	if p.preempt {
		more = append(more, leaderelection.WithPreemption())
	}
	return more
}

func (p *participant) level() slog.Level {
	switch {
	case p.quiet:
		return slog.LevelWarn
	case p.verbose:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}
