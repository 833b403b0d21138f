// Package redisfence refuses late writes to Redis: those of a term lower than the
// highest that a fence has seen. The fence is a key in the same Redis. Each write is
// a script that compares the terms and writes, in one step.
//
//	guard := redisfence.New(client, "{report}:fence")
//	err := guard.Set(ctx, "{report}:latest", text, 0) // in the work that Lead runs
//
// The name of the fence and those of the keys it guards need a hash tag in common
// (the part in braces), so that Redis Cluster keeps them together. One fence may
// guard any number of keys, for one election.
//
// # What it cannot do
//
// Beside what package fence says:
//
//   - Redis may lose the fence together with what it guards: in a restart without
//     persistence, or a failover to a replica that missed the last writes. An old
//     term then passes again, until the new leader has written once. Nor does a
//     write that was answered survive every failover. What must not happen is
//     better kept in a database that has it on disk before it answers.
//   - The fence is never to expire, nor to be evicted: maxmemory-policy noeviction or
//     volatile-*, not allkeys-*. Somebody's DEL opens it.
//   - A fence in one Redis protects nothing in another.
//   - go-redis sends a command again when its answer is lost. A script that must not
//     run twice, such as one that pushes to a list, needs a client with MaxRetries
//     -1, and then leaves it open whether it ran.
//
// It needs permission for EVALSHA, EVAL, and for GET and SET on the fence, beside
// what the scripts do themselves.
package redisfence

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/leaderelection/fence"
	"github.com/redis/go-redis/v9"
)

// Guard is a fence, and the way past it. It is safe for concurrent use.
type Guard struct {
	client redis.UniversalClient
	key    string
}

// New makes a Guard whose fence is kept under key, a name of its own. The client
// stays the caller's: a single node, Sentinel or Cluster. A *redis.Ring is refused
// by every call, since it moves keys to another server by itself, where no fence is.
func New(client redis.UniversalClient, key string) *Guard {
	return &Guard{client: client, key: key}
}

var (
	//go:embed scripts/set.lua
	setLua string

	checkScript = NewScript("return 1")
	setScript   = NewScript(setLua)
)

// Check shows ctx's term to the fence and writes nothing else: how a term begins
// that reads before it writes. It returns a *fence.StaleError (fence.ErrStale) for
// a term lower than the highest seen, fence.ErrNoTerm if ctx carries none, or the
// client's error.
func (g *Guard) Check(ctx context.Context) error {
	return checkScript.Run(ctx, g, nil).Err()
}

// Set writes value to key, as SET does, unless ctx's term is lower than the highest
// that the fence has seen. Its errors are those of Check; after the client's own, as
// ever, it is unknown whether the value was written.
//
// The value is one that go-redis can send: a string, []byte, number, or
// encoding.BinaryMarshaler. After ttl the key expires; with 0 it never does, and
// with redis.KeepTTL it keeps the expiry it has. A part of a millisecond counts as a
// whole one.
func (g *Guard) Set(ctx context.Context, key string, value any, ttl time.Duration) error {
	args := []any{value}
	switch {
	case ttl == redis.KeepTTL:
		args = append(args, "KEEPTTL")
	case ttl < 0:
		return fmt.Errorf("redisfence: a ttl of %v for %q: use 0 for no expiry, or redis.KeepTTL", ttl, key)
	case ttl > 0:
		milliseconds := (ttl-1)/time.Millisecond + 1
		args = append(args, "PX", int64(milliseconds))
	}
	return setScript.Run(ctx, g, []string{key}, args...).Err()
}

// check refuses what cannot work.
func (g *Guard) check(keys []string) error {
	switch client := g.client.(type) {
	case nil:
		return errors.New("redisfence: New needs a client: redis.NewClient(options), for one")
	case *redis.Ring:
		return errors.New("redisfence: a redis.Ring moves keys to another server by itself, where no fence is: use one server, Sentinel or Cluster")
	case *redis.Client:
		if client == nil {
			return errors.New("redisfence: the client is a nil *redis.Client")
		}
	case *redis.ClusterClient:
		if client == nil {
			return errors.New("redisfence: the client is a nil *redis.ClusterClient")
		}
	}
	if g.key == "" {
		return errors.New(`redisfence: the fence has no key: give New one, such as "{report}:fence"`)
	}
	if slices.Contains(keys, g.key) {
		return fmt.Errorf("redisfence: %q is the fence itself: write to another key", g.key)
	}
	return nil
}

// explain makes of the server's error one that says what happened, or what to change.
func (g *Guard) explain(err error, keys []string, term int64) error {
	text := err.Error()
	if number, found := strings.CutPrefix(text, "STALETERM "); found {
		if highest, parseErr := strconv.ParseInt(number, 10, 64); parseErr == nil {
			return &fence.StaleError{Resource: g.key, Term: term, Highest: highest}
		}
		text = "BADFENCE it holds " + number
	}
	if reason, found := strings.CutPrefix(text, "BADFENCE "); found {
		return fmt.Errorf("redisfence: the key %q cannot be a fence: %s: nothing was written; give New another key, or look what it is and delete it (%w)", g.key, reason, err)
	}
	if strings.Contains(text, "CROSSSLOT") {
		return fmt.Errorf("redisfence: Redis Cluster keeps the fence %q and the keys %q in different slots: give them one hash tag in common, such as {report}:fence and {report}:latest: %w", g.key, keys, err)
	}
	return err
}
