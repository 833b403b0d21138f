//go:build linux || darwin

package redisfence_test

import (
	"context"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/fence/internal/latewriter"
	"example.com/leaderelection/fence/redisfence"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
)

// runCandidate is what the candidate processes do; the argument says how they write.
func runCandidate(settings contender.Settings) error {
	options, err := redis.ParseURL(settings.URL)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	guard := redisfence.New(client, fenceKey)
	return latewriter.Run(settings, func(ctx context.Context, name string) error {
		if os.Args[1] == "unfenced" {
			return client.Set(ctx, key, name, 0).Err()
		}
		return guard.Set(ctx, key, name, 0)
	})
}

func TestFenceRefusesALateWriteToRedis(t *testing.T) {
	server := redistest.Start(t)
	outcome := latewriter.Play(t, server, "fenced")
	outcome.ExpectRefused(t)
	tr := trial{T: t, client: server.Client(t)}
	tr.expect(key, outcome.Next.Name)
	tr.expect(fenceKey, outcome.Next.Decimal())
}

// What the fence is for.
func TestWithoutAFenceALateWriteToRedisGoesThrough(t *testing.T) {
	server := redistest.Start(t)
	outcome := latewriter.Play(t, server, "unfenced")
	outcome.ExpectTaken(t)
	trial{T: t, client: server.Client(t)}.expect(key, outcome.Late.Name)
}
