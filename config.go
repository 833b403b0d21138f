package leaderelection

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"time"
)

// The defaults of Config.
const (
	DefaultRedisKeyName      = "maplefile:leader:lock"
	DefaultRedisInfoKeyName  = "maplefile:leader:info"
	DefaultLockTTL           = 10 * time.Second
	DefaultHeartbeatInterval = 3 * time.Second
	DefaultRetryInterval     = 2 * time.Second
)

// MinLockTTL is the shortest LockTTL that Validate accepts: no round trip can
// be trusted to fit, several times over, into less.
const MinLockTTL = 100 * time.Millisecond

// Config says which election to take part in, as whom, and at what pace.
// Whatever is left empty (or, for durations, zero or negative) means its
// default. Candidates of one election should agree on all durations; where
// they don't, each honours the lease that the other was granted.
type Config struct {
	// RedisKeyName names the election: it is the key that holds the leader's
	// InstanceID. Instances with the same RedisKeyName compete with each other.
	RedisKeyName string

	// RedisInfoKeyName is the key that holds the leader's LeaderInfo as JSON,
	// for readers outside this library. It must differ from RedisKeyName.
	RedisInfoKeyName string

	// LockTTL is how long a lease lasts without renewal. It bounds how long
	// nobody leads after a crash, and how long an outage of the store a leader
	// survives. At least MinLockTTL.
	LockTTL time.Duration

	// HeartbeatInterval is how often the leader renews its lease. Shorter
	// survives more lost renewals within a LockTTL and costs more commands.
	// Where fewer than two renewals would fit into a lease, the election uses
	// half of the lease instead, and logs it.
	HeartbeatInterval time.Duration

	// RetryInterval is how often a follower asks at the least, unless there are
	// hundreds: then each asks as many times 10ms apart as there are. It is no
	// measure of the failover time: followers are woken by a release, and wake
	// themselves when a lease ends. It is the longest wait after an error, and
	// how long an instance that resigned holds back. Like HeartbeatInterval, it is
	// taken for 10ms where it is shorter.
	RetryInterval time.Duration

	// InstanceID names this instance. It should be unique, and the default
	// (hostname and a random suffix) is; two that share a name are still never
	// both leader, but nobody can tell them apart.
	InstanceID string

	// Hostname is told to those who ask for the leader; os.Hostname() by default.
	Hostname string
}

// DefaultConfig returns the defaults, with InstanceID and Hostname left empty
// for Validate to fill in.
func DefaultConfig() *Config {
	return &Config{
		RedisKeyName:      DefaultRedisKeyName,
		RedisInfoKeyName:  DefaultRedisInfoKeyName,
		LockTTL:           DefaultLockTTL,
		HeartbeatInterval: DefaultHeartbeatInterval,
		RetryInterval:     DefaultRetryInterval,
	}
}

// Validate fills in what is empty with its default, and sets a
// HeartbeatInterval that is not shorter than LockTTL to a third of it. It
// returns an error for what it cannot repair: the same name for both keys, or a
// LockTTL below MinLockTTL. New calls it on a copy of its own.
func (c *Config) Validate() error {
	c.RedisKeyName = orDefault(c.RedisKeyName, DefaultRedisKeyName)
	c.RedisInfoKeyName = orDefault(c.RedisInfoKeyName, DefaultRedisInfoKeyName)
	c.LockTTL = positiveOr(c.LockTTL, DefaultLockTTL)
	c.HeartbeatInterval = positiveOr(c.HeartbeatInterval, DefaultHeartbeatInterval)
	c.RetryInterval = positiveOr(c.RetryInterval, DefaultRetryInterval)
	if c.HeartbeatInterval >= c.LockTTL {
		c.HeartbeatInterval = c.LockTTL / 3
	}
	if c.Hostname == "" {
		c.Hostname = hostname()
	}
	if c.InstanceID == "" {
		c.InstanceID = c.Hostname + "-" + randomHex(4)
	}

	if c.RedisKeyName == c.RedisInfoKeyName {
		return fmt.Errorf("leaderelection: RedisKeyName and RedisInfoKeyName are both %q: give each a name of its own", c.RedisKeyName)
	}
	if c.LockTTL < MinLockTTL {
		return fmt.Errorf("leaderelection: LockTTL is %v: use at least %v", c.LockTTL, MinLockTTL)
	}
	return nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func positiveOr(value, fallback time.Duration) time.Duration {
	if value <= 0 {
		return fallback
	}
	return value
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "unknown-host"
	}
	return name
}

func randomHex(bytes int) string {
	buffer := make([]byte, bytes)
	_, _ = rand.Read(buffer) // never fails since Go 1.24: it crashes the program instead
	return hex.EncodeToString(buffer)
}
