//go:build linux || darwin

package latewriter

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/redisstore"
	"github.com/redis/go-redis/v9"
)

// What a candidate process tells.
const (
	checked = "checked" // it leads, as IsLeader says, in Term; Leads is that answer
	wrote   = "wrote"   // its write of Term was taken
	refused = "refused" // its write of Term was refused by a fence: Err
	failed  = "failed"  // its write of Term failed for another reason: Err
)

// gate is the Redis list on which a leader waits for the permission to write.
func gate(id string) string { return "gate:" + id }

// Run is what a candidate process does: it takes part in the election of the
// settings. When it leads, it checks that it does, waits for the permission to
// write, and writes its own name, without a second look.
func Run(settings contender.Settings, write func(ctx context.Context, name string) error) error {
	options, err := redis.ParseURL(settings.URL)
	if err != nil {
		return err
	}
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	election, err := leaderelection.New(redisstore.New(client), &leaderelection.Config{
		RedisKeyName: settings.Key, RedisInfoKeyName: settings.InfoKey(), InstanceID: settings.ID,
		LockTTL: settings.TTL, HeartbeatInterval: settings.Heartbeat, RetryInterval: settings.Retry,
	}, leaderelection.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if err != nil {
		return err
	}
	return election.Lead(context.Background(), func(ctx context.Context) error {
		term, _ := leaderelection.TermFromContext(ctx)
		tell(checked, term, election.IsLeader(), nil)

		// A write may be on its way when its ctx ends. So this one does not look at it:
		// what is tested is the resource, not how quickly a program wakes up.
		late := context.WithoutCancel(ctx)
		if err := client.BLPop(late, 0, gate(settings.ID)).Err(); err != nil {
			return err
		}
		switch err := write(late, settings.ID); {
		case err == nil:
			tell(wrote, term, false, nil)
		case errors.Is(err, fence.ErrStale):
			tell(refused, term, false, err)
		default:
			tell(failed, term, false, err)
		}
		<-ctx.Done()
		return nil
	})
}

// tell prints a record for the parent's History.
func tell(what string, term int64, leads bool, err error) {
	record := belief.Record{Kind: belief.Event, At: belief.Now(), What: what, Term: term, Leads: leads}
	if err != nil {
		record.Err = err.Error()
	}
	if json.NewEncoder(os.Stdout).Encode(record) != nil {
		os.Exit(1) // nobody listens any more
	}
}
