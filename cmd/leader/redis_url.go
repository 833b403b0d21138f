package main

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// go-redis reads URLs of Sentinel and Cluster too, but they look like those of one
// server. Here a scheme of their own tells them apart, as in other programs, and hosts
// are a list. What is left to do is to say the same in go-redis's words.

// topology is how the servers behind a URL belong together.
type topology string

const (
	oneServer topology = ""
	sentinel  topology = "sentinel"
	cluster   topology = "cluster"
)

// defaultPorts are those of who is asked first.
var defaultPorts = map[topology]string{sentinel: "26379", cluster: "6379"}

// manyServers are redis+cluster://login@host,host/rest and its like. The login ends at
// the last @ before the path, as everywhere.
var manyServers = regexp.MustCompile(`(?is)^(rediss?)[+-](sentinel|cluster)://([^/?#]*@)?([^/?#]*)(.*)$`)

// sentinelReadTimeout makes it give up a sentinel that went silent. A client that tries
// one for longer than dialling may take never asks another (docs/redis.md).
const sentinelReadTimeout = 500 * time.Millisecond

// dialerRetries is how often it dials unless the URL says so (that of one server can't).
// go-redis would dial five times, with pauses in between, and with a short --ttl the time is
// over before it tells why it can't. The election tries again anyway.
const dialerRetries = 1

// noSentinel is what go-redis says when no sentinel has told it who the master is.
const noSentinel = "all sentinels specified in configuration are unreachable"

// inWords is text as people read it, where go-redis speaks of sentinels: a line for each,
// and "redis: nil" for one that watches no such master.
func inWords(text string) string {
	text = inFlags(text)
	if !strings.Contains(text, noSentinel) {
		return text
	}
	return strings.NewReplacer("redis: "+noSentinel, "no sentinel names the master", "redis: nil", "this one knows no master of that name", "\n  ", "\n  ", "\n", "; ").Replace(text)
}

// parseURL returns the topology of a Redis URL, and what go-redis calls the same: one host,
// and the others as parameters. Its errors are not for people: they may quote passwords.
func parseURL(rawURL string) (topology, string, error) {
	if isCutShort(rawURL) {
		return "", "", errRedisURL
	}
	parts := manyServers.FindStringSubmatch(rawURL)
	if parts == nil {
		return oneServer, rawURL, nil
	}
	scheme, kind, login, hosts, rest := strings.ToLower(parts[1]), topology(strings.ToLower(parts[2])), parts[3], strings.Split(parts[4], ","), parts[5]
	parsed, err := url.Parse(scheme + "://" + login + hosts[0] + rest)
	if err != nil {
		return kind, "", err
	}
	parameters, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return kind, "", err
	}
	if parsed.Host, err = withPort(hosts[0], defaultPorts[kind]); err != nil {
		return kind, "", err
	}
	for _, host := range hosts[1:] {
		address, err := withPort(host, defaultPorts[kind])
		if err != nil || host == "" {
			return kind, "", errRedisURL
		}
		parameters.Add("addr", address)
	}
	if kind == sentinel {
		err = nameMaster(parsed, parameters)
	} else if path := strings.Trim(parsed.Path, "/"); path != "" && path != "0" { // the only database of a Cluster
		err = errRedisURL
	}
	parsed.RawQuery = parameters.Encode()
	return kind, parsed.String(), err
}

// nameMaster puts the master's name and the two logins where go-redis looks for them: to it,
// the one before the host is the sentinels' own, and that of Redis is a parameter.
func nameMaster(parsed *url.URL, parameters url.Values) error {
	path := strings.TrimPrefix(parsed.Path, "/")
	if !parameters.Has("master_name") {
		name, database, _ := strings.Cut(path, "/")
		parameters.Set("master_name", name)
		path = database
	}
	if parameters.Get("master_name") == "" || parameters.Has("username") || parameters.Has("password") {
		return errRedisURL
	}
	parsed.Path, parsed.RawPath = "/"+path, ""
	if parsed.User != nil {
		password, _ := parsed.User.Password()
		parameters.Set("username", parsed.User.Username())
		parameters.Set("password", password)
	}
	parsed.User = url.UserPassword(parameters.Get("sentinel_username"), parameters.Get("sentinel_password"))
	parameters.Del("sentinel_username")
	parameters.Del("sentinel_password")
	return nil
}

// withPort is a host as a URL has it, with a port in any case.
func withPort(host, port string) (string, error) {
	parsed, err := url.Parse("redis://" + host)
	if err != nil {
		return "", err
	}
	if given := parsed.Port(); given != "" {
		port = given
	}
	name := parsed.Hostname()
	if name == "" {
		name = "localhost"
	}
	return net.JoinHostPort(name, port), nil
}

// newServerClient, newSentinelClient and newClusterClient make a client of what is left of
// a URL after parseURL, and of what it can't say.

func newServerClient(address string, more []func(*tls.Config) error) (redis.UniversalClient, error) {
	options, err := redis.ParseURL(address)
	if err != nil || options.PoolSize < 0 {
		return nil, errRedisURL
	}
	options.ContextTimeoutEnabled = contextTimeoutEnabled
	options.DialerRetries = dialerRetries
	if err := applyTo(options.TLSConfig, more); err != nil {
		return nil, err
	}
	return redis.NewClient(options), nil
}

func newSentinelClient(address string, more []func(*tls.Config) error) (redis.UniversalClient, error) {
	options, err := sentinelOptions(address, more)
	if err != nil {
		return nil, err
	}
	return redis.NewFailoverClient(options), nil
}

func sentinelOptions(address string, more []func(*tls.Config) error) (*redis.FailoverOptions, error) {
	options, err := redis.ParseFailoverURL(address)
	if err != nil || options.PoolSize < 0 || options.RouteByLatency || options.RouteRandomly { // at which go-redis panics
		return nil, errRedisURL
	}
	options.ContextTimeoutEnabled = contextTimeoutEnabled
	if options.ReadTimeout == 0 {
		options.ReadTimeout = sentinelReadTimeout
	}
	options.DialerRetries = cmp.Or(options.DialerRetries, dialerRetries)
	if err := applyTo(eachByItsName(options.TLSConfig), more); err != nil {
		return nil, err
	}
	return options, nil
}

func newClusterClient(address string, more []func(*tls.Config) error) (redis.UniversalClient, error) {
	options, err := redis.ParseClusterURL(address)
	if err != nil || options.PoolSize < 0 {
		return nil, errRedisURL
	}
	options.ContextTimeoutEnabled = contextTimeoutEnabled
	options.DialerRetries = cmp.Or(options.DialerRetries, dialerRetries)
	if err := applyTo(eachByItsName(options.TLSConfig), more); err != nil {
		return nil, err
	}
	return redis.NewClusterClient(options), nil
}

// eachByItsName has the certificate of every server be for the name or address that it is
// dialled by. go-redis expects all to have that of the first.
func eachByItsName(config *tls.Config) *tls.Config {
	if config != nil {
		config.ServerName = ""
	}
	return config
}

func applyTo(config *tls.Config, more []func(*tls.Config) error) error {
	for _, set := range more {
		if err := set(config); err != nil {
			return err
		}
	}
	return nil
}
