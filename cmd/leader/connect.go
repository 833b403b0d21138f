package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection"
)

const redisURLVariable = "REDIS_URL"

var errNoRedis = errors.New(`no Redis given: use --redis or set ` + redisURLVariable + `, for example
  ` + redisURLVariable + `=redis://localhost:6379 leader run -- ./worker`)

// errRedisURL takes the place of what redis.ParseURL says, all of it: its
// messages quote the part they could not read, and with an unescaped character
// in a password that part is the password.
var errRedisURL = errors.New(`the Redis URL is not valid (it is not shown here, since it may hold a password)
  It looks like redis://host:port/database, rediss:// for TLS, or unix:///path/to/socket,
  with user:password@ before the host where one is needed. In a password, write
  % as %25, / as %2F, : as %3A, @ as %40, # as %23, ? as %3F`)

// connection are the flags by which a command finds its Redis.
type connection struct {
	url string
	tls tlsFiles
}

func (c *connection) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.url, "redis", "", "`URL` of the Redis; prefer $"+redisURLVariable+" if it holds a password")
	c.tls.addTo(cmd)
}

// open returns a client, which the caller closes.
func (c *connection) open() (*redis.Client, error) {
	url := c.url
	if url == "" {
		url = os.Getenv(redisURLVariable)
	}
	return connect(url, c.tls.apply)
}

// addKey adds the flag that names the election.
func addKey(cmd *cobra.Command, key *string) {
	cmd.Flags().StringVar(key, "key", leaderelection.DefaultRedisKeyName, "`NAME` of the election: instances with the same one compete")
}

// connect returns a client for the Redis at rawURL, with what else is known of it.
// It asks nothing of the server yet; close the client.
func connect(rawURL string, more ...func(*redis.Options) error) (*redis.Client, error) {
	if rawURL == "" {
		return nil, errNoRedis
	}
	options, err := redis.ParseURL(rawURL)
	if err != nil || options.PoolSize < 0 || isCutShort(rawURL) {
		return nil, errRedisURL
	}
	// Without it, go-redis lets a call on a black-holed connection (F04) hang on
	// past its deadline, and keep the connection.
	options.ContextTimeoutEnabled = true
	for _, set := range more {
		if err := set(options); err != nil {
			return nil, err
		}
	}
	return redis.NewClient(options), nil
}

// isCutShort reports whether a password ends the address too early, by a character
// that is not escaped: what is left of it would be taken for a port, and be shown.
func isCutShort(rawURL string) bool {
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return true
	}
	behind := parsed.RawQuery
	if parsed.Scheme != "unix" { // a path of its own
		behind += parsed.EscapedPath()
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
