package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

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

// explain adds what leader's user needs to know of an error from the library.
func explain(err error) error {
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
