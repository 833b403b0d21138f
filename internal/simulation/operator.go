package simulation

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// operator steers the election from outside, over a network on which all is well.
type operator struct {
	world  *world
	client *redis.Client
	store  *redisstore.Store

	// No bid that was sent since pausedSince may be granted before pausedUntil: what the
	// operator knows, where the server has forgotten nothing meanwhile. world.mu guards
	// them.
	pausedSince, pausedUntil time.Time
	losses                   int // how often the server may have forgotten, or another pause took its place
	asking                   int // pauses whose outcome is not known yet
}

func newOperator(w *world) *operator {
	machine := newMachine("operator", 1, rand.New(rand.NewPCG(w.plan.Seed, hash("operator"))))
	link := newLink(w.host, w.plan.Seed, w.plan.Latency, w.trouble)
	o := &operator{world: w}
	o.client = redis.NewClient(&redis.Options{
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return link.dial(machine) },
		ContextTimeoutEnabled:    true,
		MaxRetries:               -1, // as an instance's
		DialerRetries:            1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	o.store = redisstore.New(o.client)
	return o
}

// anybody is whom a leader steps down for where nobody is named.
const anybody = -1

// askToStepDown asks in favour of the candidate in a slot.
func (o *operator) askToStepDown(slot int) {
	order := leaderelection.Order{Kind: leaderelection.OrderStepDown}
	if slot != anybody {
		if i := o.world.slots[slot].running(); i != nil {
			order.To = i.id
		}
	}
	o.world.trouble(time.Now().Add(2 * o.world.plan.TTL)) // one for the asking, and one until it is done
	go o.steer(order)
}

// pause asks for a pause, which ends by itself.
func (o *operator) pause(length time.Duration, keepLeader bool) {
	w := o.world
	o.forgets() // the pause before, whose place this one takes
	w.mu.Lock()
	losses, alone := o.losses, o.asking == 0
	o.asking++
	w.mu.Unlock()
	sent := time.Now()
	order := leaderelection.Order{Kind: leaderelection.OrderPause, For: max(length, time.Millisecond), KeepLeader: keepLeader}
	w.trouble(sent.Add(length + w.plan.TTL)) // for as long, and for what the asking may take
	go func() {
		taken := o.steer(order)
		w.mu.Lock()
		defer w.mu.Unlock()
		o.asking--
		if taken && alone && o.losses == losses {
			o.pausedSince, o.pausedUntil = time.Now(), sent.Add(length)
		}
	}()
}

// forgets is called where there may not be the pause any more that was asked for.
func (o *operator) forgets() {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	o.pausedSince, o.pausedUntil = time.Time{}, time.Time{}
	o.losses++
}

func (o *operator) steer(order leaderelection.Order) (taken bool) {
	ctx, cancel := context.WithTimeout(context.Background(), o.world.plan.TTL)
	defer cancel()
	order.By = "operator"
	state, err := o.store.Steer(ctx, lockKey, order)
	o.world.note("operator", "asks for a %v in favour of %q, for %v: %v, %s", order.Kind, order.To, order.For, state.Verdict, firstLine(err))
	return err == nil && state.Verdict == leaderelection.Granted
}

// checkGrant checks that no bid is granted in a pause.
func (o *operator) checkGrant(process string, sent time.Time) {
	w := o.world
	w.mu.Lock()
	since, until := o.pausedSince, o.pausedUntil
	w.mu.Unlock()
	if !since.IsZero() && sent.After(since) && time.Now().Before(until) {
		w.violate("a pause elects nobody", "%s was granted a bid of %v, in a pause from %v on for another %v",
			process, sent.Sub(w.began), since.Sub(w.began), time.Until(until))
	}
}
