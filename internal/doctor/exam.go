package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
	"example.com/leaderelection/redisstore"
)

// exam is one examination: the patient, and what more than one check looks at.
type exam struct {
	Patient
	store *redisstore.Store
	names protocol.Names
	own   string // the name of the election that things are tried on
	dials *dials

	node       *redis.Client // the server that has the election's keys
	info       map[string]string
	infoErr    error
	inspection leaderelection.Inspection
	inspectErr error
	clock      reading // at the beginning
	clockErr   error
}

func newExam(p Patient) *exam {
	e := &exam{Patient: p, store: redisstore.New(p.Client), names: protocol.NamesOf(p.Config.RedisKeyName), dials: watchDials(p.Client)}
	e.own = e.names.Events + ":doctor-" + strings.ToLower(rand.Text()[:8])
	return e
}

// within bounds a part of the examination.
func (e *exam) within(ctx context.Context, limit time.Duration, do func(context.Context) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return do(ctx)
}

// gather asks what several checks want to know. What fails, they say.
func (e *exam) gather(ctx context.Context) bool {
	text, err := e.node.Info(ctx).Result()
	e.info, e.infoErr = fieldsOf(text), err
	e.inspection, e.inspectErr = e.store.Inspect(ctx, e.Config.RedisKeyName, 0)
	e.clock, e.clockErr = e.readClock(ctx)
	return true
}

// candidate is an instance as it is configured.
func (e *exam) candidate() leaderelection.Candidate {
	c := e.Config
	return leaderelection.Candidate{Key: c.RedisKeyName, InfoKey: c.RedisInfoKeyName, ID: c.InstanceID, Hostname: c.Hostname, TTL: c.LockTTL, Retry: c.RetryInterval}
}

// margin and heartbeat are what the election makes of its configuration, with the
// default of WithSafetyMargin: see newTiming in lease.go.
func (e *exam) margin() time.Duration { return e.Config.LockTTL / 10 }
func (e *exam) heartbeat() time.Duration {
	return min(e.Config.HeartbeatInterval, (e.Config.LockTTL-e.margin())/2)
}

// user is who the client is to Redis.
func (e *exam) user() string {
	if name := e.node.Options().Username; name != "" {
		return name
	}
	return "default"
}

func (e *exam) isCluster() bool {
	_, ok := e.Client.(*redis.ClusterClient)
	return ok
}

// asksSentinel reports whether the client does: go-redis gives those no address.
func (e *exam) asksSentinel() bool {
	client, ok := e.Client.(*redis.Client)
	return e.Sentinel != nil || ok && client.Options().Addr == "FailoverClient"
}

// number is a field of INFO, 0 if it isn't there.
func (e *exam) number(field string) int64 {
	n, _ := strconv.ParseInt(e.info[field], 10, 64)
	return n
}

// config returns directives of redis.conf, by a pattern.
func (e *exam) config(ctx context.Context, pattern string) (map[string]string, error) {
	found, err := e.node.ConfigGet(ctx, pattern).Result()
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("CONFIG GET %s shows nothing", pattern)
	}
	return found, err
}

// fieldsOf reads what INFO and its like answer.
func fieldsOf(text string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// reason is why something failed, in few words and without what Redis quotes.
func reason(err error) string {
	configuration, ok := errors.AsType[*leaderelection.ConfigurationError](err)
	if !ok {
		err = protocol.Classify(err)
		configuration, ok = errors.AsType[*leaderelection.ConfigurationError](err)
	}
	var late net.Error
	switch {
	case ok && configuration.Err != nil && lacking.MatchString(configuration.Err.Error()): // which names the command, if anything does
		return configuration.Err.Error()
	case ok:
		return configuration.Problem
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return "no answer in time"
	default:
		return err.Error()
	}
}

// saysOfRedis tells what Redis has answered from what happened to a connection.
func saysOfRedis(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && !errors.Is(err, redis.Nil)
}
