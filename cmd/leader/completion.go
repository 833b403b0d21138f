package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTimeout is how long a shell is kept waiting for the names of elections.
const completionTimeout = time.Second

// completeValues has a flag complete to one of a few values.
func completeValues(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeKey has --key complete to the elections on the Redis, if one is known and answers
// in time. Whatever is wrong, a shell that completes is not the place to say it.
func completeKey(cmd *cobra.Command, from *connection) {
	_ = cmd.RegisterFlagCompletionFunc("key", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		found := make(chan []string, 1)
		go func() { found <- from.electionNames(cmd) }() // closing a client waits for a TLS handshake with a silent sentinel
		select {
		case names := <-found:
			return names, cobra.ShellCompDirectiveNoFileComp
		case <-time.After(completionTimeout):
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	})
}

// electionNames are those that a shell can take; nil if they can't be known.
func (c *connection) electionNames(cmd *cobra.Command) []string {
	silenceRedis()
	if settle(cmd, io.Discard) != nil {
		return nil
	}
	client, err := c.open()
	if err != nil {
		return nil
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	names, err := namesOf(ctx, client)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.ContainsAny(name, " \t\r\n") || shown(name) != name })
}
