package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection"
)

const redisURLVariable = "REDIS_URL"

var errNoRedis = errors.New(`no Redis given: use --redis, set ` + redisURLVariable + `, or write it into a file (leader help config), for example
  ` + redisURLVariable + `=redis://localhost:6379 leader run -- ./worker`)

// errRedisURL takes the place of what redis.ParseURL says, all of it: its
// messages quote the part they could not read, and with an unescaped character
// in a password that part is the password.
var errRedisURL = errors.New(`the Redis URL is not valid (it is not shown here, since it may hold a password)
  It looks like redis://host:port/database, unix:///path/to/socket,
  redis+sentinel://host:port,host:port/master-name/database or redis+cluster://host:port,host:port,
  with rediss instead of redis for TLS, and user:password@ before the (first) host where one
  is needed. In a password, write % as %25, / as %2F, : as %3A, @ as %40, # as %23, ? as %3F,
  and where it is a parameter, + as %2B, & as %26`)

// connection are the flags by which a command finds its Redis.
type connection struct {
	url string
	tls tlsFiles
}

func (c *connection) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.url, "redis", "", "`URL` of the Redis: redis://, redis+sentinel:// or redis+cluster://; prefer $"+redisURLVariable+" if it holds a password")
	c.tls.addTo(cmd)
	takeSettings(cmd)
}

// open returns a client, which the caller closes.
func (c *connection) open() (redis.UniversalClient, error) {
	client, err := connect(c.url, c.tls.apply)
	if errors.Is(err, errRedisURL) {
		err = fmt.Errorf("--redis: %w", err)
	}
	return client, err
}

// sentinels is how the Sentinels are asked that name the server, nil if none do.
func (c *connection) sentinels() *redis.FailoverOptions {
	kind, address, err := parseURL(c.url)
	if err != nil || kind != sentinel {
		return nil
	}
	options, err := sentinelOptions(address, []func(*tls.Config) error{c.tls.apply})
	if err != nil {
		return nil // and open says so
	}
	return options
}

// addKey adds the flag that names the election.
func addKey(cmd *cobra.Command, key *string) {
	cmd.Flags().StringVar(key, "key", leaderelection.DefaultRedisKeyName, "`NAME` of the election: instances with the same one compete")
}

// contextTimeoutEnabled is for every client: without it, go-redis lets a call on a
// black-holed connection (F04) hang on past its deadline, and keep the connection.
const contextTimeoutEnabled = true

// connect returns a client for the Redis at rawURL, with what else is known of TLS.
// It asks nothing of the server yet; close the client.
func connect(rawURL string, more ...func(*tls.Config) error) (redis.UniversalClient, error) {
	if rawURL == "" {
		return nil, errNoRedis
	}
	kind, address, err := parseURL(rawURL)
	if err != nil {
		return nil, errRedisURL
	}
	switch kind {
	case sentinel:
		return newSentinelClient(address, more)
	case cluster:
		return newClusterClient(address, more)
	default:
		return newServerClient(address, more)
	}
}

// disconnect closes the client of a program that is about to end. Where a sentinel has
// stopped to answer, go-redis waits for its answer when it closes, by TLS for some ten
// seconds: that is given up on.
func disconnect(client io.Closer) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = client.Close()
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// isCutShort reports whether a password ends the address too early, by a character
// that is not escaped: what is left of it would be taken for a port, and be shown.
func isCutShort(rawURL string) bool {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	behind := ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		behind = rest[i:]
	}
	if strings.EqualFold(scheme, "unix") { // a path of its own
		_, behind, _ = strings.Cut(behind, "?")
	}
	return strings.Contains(rawURL, "#") || strings.Contains(behind, "@")
}

// redisLog passes on what go-redis has to say (each broken connection, several
// times) to those who want to know everything. The election itself reports, once,
// that the store doesn't answer.
type redisLog struct{ logger *slog.Logger }

// silenceRedis has go-redis say nothing: for commands whose own error says it once.
func silenceRedis() { redis.SetLogger(redisLog{slog.New(slog.DiscardHandler)}) }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.logger.DebugContext(ctx, fmt.Sprintf(format, args...))
}
