package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection/redisstore"
)

// completionTimeout is how long a shell is kept waiting for the names of elections.
const completionTimeout = time.Second

// completeValues has a flag complete to one of a few values.
func completeValues(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeKey has --key complete to the elections on the Redis.
func completeKey(cmd *cobra.Command, from *connection) { completeNames(cmd, "key", from, namesOf) }

// completeCandidate has a flag complete to the candidates of the election that --key names.
func completeCandidate(cmd *cobra.Command, flag string, from *connection, key *string) {
	completeNames(cmd, flag, from, func(ctx context.Context, client redis.UniversalClient) (names []string, err error) {
		found, err := redisstore.New(client).Inspect(ctx, *key, 0)
		for _, candidate := range statusOf(*key, found).Candidates {
			names = append(names, candidate.ID)
		}
		return names, err
	})
}

// completeNames has a flag complete to what is found on the Redis, if one is known and
// answers in time. Whatever is wrong, a shell that completes is not the place to say it.
func completeNames(cmd *cobra.Command, flag string, from *connection, find func(context.Context, redis.UniversalClient) ([]string, error)) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		found := make(chan []string, 1)
		go func() { found <- from.names(cmd, find) }() // closing a client waits for a TLS handshake with a silent sentinel
		select {
		case names := <-found:
			return names, cobra.ShellCompDirectiveNoFileComp
		case <-time.After(completionTimeout):
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	})
}

// names are those that a shell can take; nil if they can't be known.
func (c *connection) names(cmd *cobra.Command, find func(context.Context, redis.UniversalClient) ([]string, error)) []string {
	silenceRedis()
	if settle(cmd, io.Discard) != nil {
		return nil
	}
	client, err := c.open()
	if err != nil {
		return nil
	}
	defer disconnect(client)
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	names, err := find(ctx, client)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.ContainsAny(name, " \t\r\n") || shown(name) != name })
}
