//go:build linux || darwin

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/miniserver"
	"github.com/redis/go-redis/v9"
)

// demoRedis is the Redis that the candidates share: one of our own, or
// somebody's, in which we touch nothing but the election's keys.
type demoRedis struct {
	url      string
	key      string             // the election's, with a random name
	embedded *miniserver.Server // nil: somebody's
	client   redis.UniversalClient
}

func newDemoRedis(url string) (*demoRedis, error) {
	r := &demoRedis{url: url, key: "leader-demo:" + rand.Text()[:8]}
	if url == "" {
		// As if up for a while: a server that has only just started may have lost
		// its memory, and nobody would lead for a TTL.
		r.embedded = miniserver.New(miniserver.WithUptime(time.Hour))
		if err := r.embedded.Start(); err != nil {
			return nil, fmt.Errorf("starting the embedded Redis: %w", err)
		}
		r.url = "redis://" + r.embedded.Addr()
	}
	if manyServers.MatchString(url) {
		return nil, errors.New("the demo uses one server: give a redis://, rediss:// or unix:// URL")
	}
	client, err := connect(r.url)
	if err != nil {
		return nil, err
	}
	r.client = client
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		r.close()
		return nil, fmt.Errorf("reaching Redis: %w", err)
	}
	return r, nil
}

// keys are all that the election may write.
func (r *demoRedis) keys() []string {
	tag := "{" + r.key + "}"
	return []string{r.key, tag + ":lease", tag + ":term", tag + ":history", tag + ":candidates", r.infoKey()}
}

func (r *demoRedis) infoKey() string { return r.key + ":info" }

// leaseEnd returns when the lease ends that a dead leader has left behind: the
// earliest moment that can be, so that nothing measured from it is flattered.
func (r *demoRedis) leaseEnd(ctx context.Context) (time.Duration, bool) {
	asked := belief.Now()
	left, err := r.client.PTTL(ctx, "{"+r.key+"}:lease").Result()
	if err != nil || left <= 0 {
		return 0, false
	}
	return asked + left, true
}

// loseData makes Redis forget the election: by a restart without data where
// it is ours, and else by deleting the demo's own keys.
func (r *demoRedis) loseData(ctx context.Context) error {
	if r.embedded != nil {
		r.embedded.Restart()
		return nil
	}
	return r.deleteKeys(ctx)
}

func (r *demoRedis) deleteKeys(ctx context.Context) error {
	for _, key := range r.keys() {
		if err := r.client.Del(ctx, key).Err(); err != nil {
			return fmt.Errorf("deleting the demo's key %s: %w", key, err)
		}
	}
	return nil
}

// lossText says what loseData does.
func (r *demoRedis) lossText() string {
	if r.embedded != nil {
		return "Redis restarts, empty"
	}
	return "all keys of the election are deleted (and nothing else: this Redis is yours)"
}

func (r *demoRedis) close() {
	if r.embedded == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = r.deleteKeys(ctx) // what can't be deleted expires within days
	}
	_ = r.client.Close()
	if r.embedded != nil {
		r.embedded.Close()
	}
}
