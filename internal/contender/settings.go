// Package contender is one candidate of an election as a process of its own, for
// the demo and for tests that do to it what can only be done to a process: kill
// it, freeze it, cut it off.
//
// The process (Run) takes part in an election and prints what it believes; the
// parent (Start) collects that in a belief.History. The program that starts
// candidates is also the program that they run: it calls Run when it finds
// Settings in its environment.
package contender

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"example.com/leaderelection"
)

// environment carries the Settings. An argument won't do: everybody can read
// those, and the URL may hold a password.
const environment = "LEADER_CONTENDER"

// Settings are what a candidate process is told.
type Settings struct {
	URL       string // of the Redis
	Key       string // Config.RedisKeyName; the info key is named after it
	ID        string // Config.InstanceID
	TTL       time.Duration
	Heartbeat time.Duration
	Retry     time.Duration
	Pace      time.Duration // between two questions to a leader's IsLeader
	TidyUp    time.Duration // how long the work goes on after it was told to stop, where it may
}

// InfoKey is the election's Config.RedisInfoKeyName.
func (s Settings) InfoKey() string { return s.Key + ":info" }

func (s Settings) config() *leaderelection.Config {
	return &leaderelection.Config{
		RedisKeyName:      s.Key,
		RedisInfoKeyName:  s.InfoKey(),
		LockTTL:           s.TTL,
		HeartbeatInterval: s.Heartbeat,
		RetryInterval:     s.Retry,
		InstanceID:        s.ID,
	}
}

// FromEnvironment returns the Settings that Start gave to this process; ok is
// false where the process was not started by it.
func FromEnvironment() (settings Settings, ok bool, err error) {
	text, ok := os.LookupEnv(environment)
	if !ok {
		return Settings{}, false, nil
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return Settings{}, true, fmt.Errorf("contender: reading %s: %w", environment, err)
	}
	return settings, true, nil
}

func (s Settings) environment() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("contender: writing %s: %w", environment, err)
	}
	return environment + "=" + string(text), nil
}
