package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/leaderelection"
	"github.com/redis/go-redis/v9"
)

// keys looks whether something else is under a key of the election. It asks with commands
// that an election needs as well, since its user may have no others.
func keys(ctx context.Context, e *exam, r *Result) {
	n := e.names
	wrong := false
	for _, key := range []struct {
		name, kind string
		status     Status // if it is of another type
		ask        func(name string) error
	}{
		{n.Lock, "string", Fail, func(name string) error { return e.node.Get(ctx, name).Err() }},
		{n.Lease, "string", Fail, func(name string) error { return e.node.Get(ctx, name).Err() }},
		{n.Term, "hash", Fail, func(name string) error { return e.node.HMGet(ctx, name, "term").Err() }},
		{n.History, "stream", Warn, func(name string) error { return e.node.XRevRangeN(ctx, name, "+", "-", 1).Err() }},
		{n.Candidates, "sorted set", Warn, func(name string) error { return e.node.ZCard(ctx, name).Err() }},
		{e.Config.RedisInfoKeyName, "string", Warn, func(name string) error { return e.Client.Get(ctx, name).Err() }},
	} {
		switch err := key.ask(key.name); {
		case err == nil, errors.Is(err, redis.Nil):
		case strings.HasPrefix(err.Error(), "WRONGTYPE"):
			wrong = true
			r.add(key.status, fmt.Sprintf("%q holds no %s%s", key.name, key.kind, e.instead(ctx, key.name)), "look what it is and delete it, or choose another --key or --info-key: the election overwrites nothing")
		default:
			wrong = true
			r.unknown(fmt.Sprintf("what is under %q", key.name), err, "see the check of permissions")
		}
	}
	if wrong {
		return
	}
	rubbish(ctx, e, r)
	holder(e, r)
	if r.Status == OK {
		r.note("each is of its type, or not there yet")
	}
}

// instead says what a key holds, where the user may know.
func (e *exam) instead(ctx context.Context, key string) string {
	kind, err := e.Client.Type(ctx, key).Result()
	if err != nil {
		return ""
	}
	return " but a " + kind
}

// rubbish looks whether the scripts make sense of what is there.
func rubbish(ctx context.Context, e *exam, r *Result) {
	if configuration, ok := errors.AsType[*leaderelection.ConfigurationError](e.inspectErr); ok && !isRefusal(e.inspectErr) {
		r.fail(configuration.Problem, configuration.Remedy)
	}
	err := e.retractNothing(ctx)
	if configuration, ok := errors.AsType[*leaderelection.ConfigurationError](err); ok && !isRefusal(err) {
		r.warn(configuration.Problem+", so nobody is shown there who leads", configuration.Remedy)
	}
}

// holder looks at who holds the lock without being of this library (F35).
func holder(e *exam, r *Result) {
	leader := e.inspection.Leader
	if e.inspectErr != nil || leader == nil || leader.Term != 0 {
		return
	}
	if e.inspection.Remaining < 0 {
		r.fail(fmt.Sprintf("%q is held by %q, without an expiry, and not by this library: nobody is ever elected", e.names.Lock, leader.InstanceID),
			fmt.Sprintf("once you are sure that what took it has ended, DEL %s", e.names.Lock))
		return
	}
	r.warn(fmt.Sprintf("%q is held by %q, which does not use this library; it is honoured for %v yet", e.names.Lock, leader.InstanceID, short(e.inspection.Remaining)), "nothing, if that is an older version of your program; else choose another --key")
}
