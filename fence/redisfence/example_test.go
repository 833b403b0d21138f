package redisfence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
	"example.com/leaderelection/fence/redisfence"
	"example.com/leaderelection/internal/miniserver"
	"example.com/leaderelection/redisstore"
)

// connect returns a client, of a Redis that is embedded here.
func connect() *redis.Client {
	server := miniserver.New(miniserver.WithUptime(1 << 40))
	return redis.NewClient(&redis.Options{
		Dialer:                func(context.Context, string, string) (net.Conn, error) { return server.Dial() },
		ContextTimeoutEnabled: true,
	})
}

// The work of a leader writes through a guard, with the ctx it was given.
func Example() {
	client := connect()
	defer func() { _ = client.Close() }()
	guard := redisfence.New(client, "{report}:fence")

	ctx, stop := context.WithCancel(context.Background()) // signal.NotifyContext, in a real program
	election, _ := leaderelection.New(redisstore.New(client), nil, leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
	err := election.Lead(ctx, func(ctx context.Context) error {
		defer stop()
		return guard.Set(ctx, "{report}:latest", "all is well", 0)
	})
	fmt.Println(err, client.Get(context.Background(), "{report}:latest").Val())
	// Output: <nil> all is well
}

// What a late write looks like from inside.
func ExampleGuard_Set() {
	client := connect()
	defer func() { _ = client.Close() }()
	guard := redisfence.New(client, "{report}:fence")
	before := leaderelection.ContextWithTerm(context.Background(), 7) // by Lead, in a real program
	after := leaderelection.ContextWithTerm(context.Background(), 8)

	fmt.Println(guard.Set(after, "{report}:latest", "all is well", 0))
	err := guard.Set(before, "{report}:latest", "from the past", 0)
	fmt.Println(errors.Is(err, fence.ErrStale), err)
	// Output:
	// <nil>
	// true fence: "{report}:fence" has seen term 8: refused a write of term 7
}

// For everything but SET, a script: here one that adds to a list.
func ExampleScript_Run() {
	client := connect()
	defer func() { _ = client.Close() }()
	guard := redisfence.New(client, "{report}:fence")
	ctx := leaderelection.ContextWithTerm(context.Background(), 7) // by Lead, in a real program

	add := redisfence.NewScript("return redis.call('RPUSH', KEYS[1], unpack(ARGV))")
	length, err := add.Run(ctx, guard, []string{"{report}:lines"}, "first", "second").Int()
	fmt.Println(length, err)
	// Output: 2 <nil>
}
