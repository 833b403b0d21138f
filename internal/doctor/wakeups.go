package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// wakeUps sends itself a message on a channel as a candidate's, and listens to the one of
// onlookers as well: nobody who counts is listened to in somebody else's place.
func wakeUps(ctx context.Context, e *exam, r *Result) {
	remedy := fmt.Sprintf("ACL SETUSER %s +subscribe +unsubscribe +publish &%s*. Until then followers ask every --retry (%v), which is how long nobody may lead after a stop", e.user(), e.names.Events, e.Config.RetryInterval)
	subscription := e.Client.Subscribe(ctx) // to nothing yet: it would not return its error
	defer func() { _ = subscription.Close() }()
	if err := subscription.Subscribe(ctx, e.names.Events, e.own); err != nil {
		r.unknown("whether followers can be woken", err, "try again")
		return
	}
	for range 2 {
		if err := await[*redis.Subscription](ctx, subscription); err != nil {
			e.notWoken(r, "followers can't listen", err, remedy)
			return
		}
	}
	if err := e.Client.Publish(ctx, e.own, "vacant").Err(); err != nil {
		e.notWoken(r, "a release wakes nobody", err, remedy)
		return
	}
	if err := await[*redis.Message](ctx, subscription); err != nil {
		r.warn("a message that was sent did not arrive: "+reason(err), "see whether a proxy in between passes PUBLISH and SUBSCRIBE on")
		return
	}
	r.note("followers are woken: a message was sent, and arrived")
}

func (e *exam) notWoken(r *Result, what string, err error, remedy string) {
	if saysOfRedis(err) {
		r.warn(what+": "+reason(err), remedy)
	} else {
		r.unknown("whether followers can be woken", err, "try again")
	}
}

// await receives until something of a kind arrives.
func await[T any](ctx context.Context, subscription *redis.PubSub) error {
	for ctx.Err() == nil {
		message, err := subscription.Receive(ctx)
		if err != nil {
			return err
		}
		if _, ok := message.(T); ok {
			return nil
		}
	}
	return errors.Join(ctx.Err())
}
