package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"example.com/leaderelection"
)

// inCommandLine is how to say to leader what the library would have set in options, by a
// word of its remedy. The first that fits counts.
var inCommandLine = []struct{ word, hint string }{
	{"TLSConfig", "In the command line, that is --tls-ca, --tls-cert and --tls-key, and a rediss:// URL"},
	{"SentinelAddrs", "In the command line, that is the hosts of a redis+sentinel:// URL; one server has a redis:// URL"},
	{"addresses of a Cluster", "In the command line, that is a redis:// URL for one server; redis+cluster:// is for a Cluster's nodes"},
	{"client of a Cluster", "In the command line, that is a redis+cluster:// URL, without a database"},
	{"DB", "In the command line, that is the number behind the host in the URL: redis://host:port/0"},
	{"Password", "In the command line, that is user:password@ before the host in the URL"},
}

// flagsOf are the flags for what the library calls otherwise.
var flagsOf = map[string]string{
	"RedisKeyName": "--key", "RedisInfoKeyName": "--info-key", "InstanceID": "--id",
	"LockTTL": "--ttl", "HeartbeatInterval": "--heartbeat", "RetryInterval": "--retry",
}

var fieldOfConfig = regexp.MustCompile(`\b(RedisKeyName|RedisInfoKeyName|InstanceID|LockTTL|HeartbeatInterval|RetryInterval)\b`)

// inFlags is text with flags in place of the library's names for them.
func inFlags(text string) string {
	return fieldOfConfig.ReplaceAllStringFunc(text, func(name string) string { return flagsOf[name] })
}

// silence is what it may come of.
const silence = "A firewall may be in between, Redis may hang, or only one side speaks TLS (rediss://); leader doctor tells more"

// explain adds what leader's user needs to know of an error from the library.
func explain(err error) error { return explainWithin(questionTimeout, err) }

// explainWithin is explain for a command that waits for so long.
func explainWithin(limit time.Duration, err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer from Redis within %v (%w)\n  %s", limit, err, silence)
	case errors.As(err, &timeout) && timeout.Timeout(): // go-redis gave up sooner
		return fmt.Errorf("no answer from Redis in time (%w)\n  %s", err, silence)
	}
	configuration, ok := errors.AsType[*leaderelection.ConfigurationError](err)
	if !ok {
		return err
	}
	if strings.Contains(configuration.Remedy, "Password") && strings.Contains(err.Error(), noSentinel) {
		return fmt.Errorf("%w\n  That is what the sentinels say: theirs are the parameters sentinel_username and sentinel_password of the URL", err)
	}
	for _, known := range inCommandLine {
		if strings.Contains(configuration.Remedy, known.word) {
			return fmt.Errorf("%w\n  %s", err, known.hint)
		}
	}
	return err
}
