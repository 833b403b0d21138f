package protocol

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"example.com/leaderelection"
)

// Watch tells of releases and grants, by way of one subscription for all elections
// of the Store.
//
// Each candidate has a channel of its own, so that a release can wake a few of many
// (F22); all that happens is told on another.
func (s *Store) Watch(ctx context.Context, key, id string) <-chan leaderelection.Hint {
	return s.watch.add(ctx, keysOf(key).channel(id))
}

// watchers shares one subscription. The goroutine that owns it exists only while
// somebody watches.
type watchers struct {
	server Server

	mu       sync.Mutex
	channels map[string]*watched
	altered  map[string]struct{} // channels that the goroutine is to look at: of a hundred thousand it can't look at all each time
	changed  chan struct{}       // wakes the goroutine; nil while there is none
}

// watched is a channel that somebody watches.
type watched struct {
	hints     []chan leaderelection.Hint
	confirmed bool      // Redis has, at least once, confirmed the subscription
	missed    time.Time // when it first answered something else, and had not
	again     time.Time // when it is asked once more, since it should have long ago
}

func (w *watchers) add(ctx context.Context, channel string) <-chan leaderelection.Hint {
	hints := make(chan leaderelection.Hint, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels == nil {
		w.channels = make(map[string]*watched)
	}
	if w.channels[channel] == nil {
		w.channels[channel] = new(watched)
	} else {
		offer(hints, leaderelection.HintMissed) // subscribed already, or about to be
	}
	w.channels[channel].hints = append(w.channels[channel].hints, hints)
	if w.changed == nil {
		w.changed = make(chan struct{}, 1)
		go w.listen(w.changed)
	}
	w.alter(channel)
	context.AfterFunc(ctx, func() { w.remove(channel, hints) })
	return hints
}

func (w *watchers) remove(channel string, hints chan leaderelection.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	watched := w.channels[channel]
	i := slices.Index(watched.hints, hints)
	watched.hints = slices.Delete(watched.hints, i, i+1)
	if len(watched.hints) == 0 {
		delete(w.channels, channel)
	}
	w.alter(channel)
}

const (
	confirmedWithin = 3 * time.Second  // so long may a subscription take that is permitted
	askedAgainAfter = 10 * time.Second // after one that was refused: permissions change
)

// warning is called when Redis has answered something, and says that the
// subscription is not confirmed if it should have been long ago. Redis is then asked
// again from time to time: a client library does so only when its connection breaks.
func (w *watchers) warning(channel string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	watched, now := w.channels[channel], time.Now()
	if watched == nil || watched.confirmed {
		return ""
	}
	if watched.missed.IsZero() {
		watched.missed = now
	}
	if now.Sub(watched.missed) <= confirmedWithin {
		return ""
	}
	if watched.again.IsZero() {
		watched.again = now.Add(askedAgainAfter)
	}
	if watched.due(now) {
		w.alter(channel)
	}
	return fmt.Sprintf("no wake-ups: Redis has not confirmed the subscription to %q, so that followers notice a release at their RetryInterval only; permit SUBSCRIBE and the channel, as in docs/redis.md", channel)
}

// due reports whether a subscription that is not confirmed is to be asked for again.
func (w *watched) due(now time.Time) bool {
	return !w.confirmed && !w.again.IsZero() && !now.Before(w.again)
}

// alter tells the goroutine that there is something to do about a channel. mu is held.
func (w *watchers) alter(channel string) {
	if w.altered == nil {
		w.altered = make(map[string]struct{})
	}
	w.altered[channel] = struct{}{}
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// listen owns the subscription until nobody watches any more.
func (w *watchers) listen(changed <-chan struct{}) {
	subscription := w.server.Subscribe(w.deliver)
	defer subscription.Close()
	subscribed := make(map[string]bool)
	for range changed {
		if !w.adjust(subscription, subscribed) {
			return
		}
	}
}

// adjust subscribes to what is watched and not to anything else. It returns false
// when nothing is.
func (w *watchers) adjust(subscription Subscription, subscribed map[string]bool) bool {
	wanted, unwanted := w.difference(subscribed)
	if len(wanted) > 0 {
		subscription.Subscribe(wanted...)
	}
	if len(unwanted) > 0 {
		subscription.Unsubscribe(unwanted...)
	}
	return len(subscribed) > 0 || !w.stopIfIdle()
}

// difference updates subscribed and returns what must be done for it.
func (w *watchers) difference(subscribed map[string]bool) (wanted, unwanted []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for channel := range w.altered {
		watched := w.channels[channel]
		switch {
		case watched == nil && subscribed[channel]:
			unwanted = append(unwanted, channel)
			delete(subscribed, channel)
		case watched != nil && watched.due(now):
			watched.again = now.Add(askedAgainAfter)
			wanted = append(wanted, channel)
		case watched != nil && !subscribed[channel]:
			wanted = append(wanted, channel)
			subscribed[channel] = true
		}
	}
	w.altered = nil
	return wanted, unwanted
}

// stopIfIdle lets the goroutine end if nobody has begun to watch meanwhile.
func (w *watchers) stopIfIdle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.channels) > 0 {
		return false
	}
	w.changed = nil
	return true
}

// deliver turns what the subscription says into hints. A confirmation that it was
// (re-)established is worth an attempt: what was published before is lost (F21).
func (w *watchers) deliver(message Message) {
	hint := leaderelection.HintVacant
	switch {
	case message.Subscribed:
		hint = leaderelection.HintMissed
	case message.Payload == "elected":
		hint = leaderelection.HintElected
	case message.Payload == "order":
		hint = leaderelection.HintOrder
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	watched := w.channels[message.Channel]
	if watched == nil {
		return
	}
	watched.confirmed = watched.confirmed || message.Subscribed
	for _, hints := range watched.hints {
		offer(hints, hint)
	}
}

// worth orders the hints by what it costs to lose one: time of somebody who waits for
// an order to be done; time without a leader; nothing to those who wait for the lease.
var worth = map[leaderelection.Hint]int{
	leaderelection.HintElected: 0, leaderelection.HintMissed: 1, leaderelection.HintVacant: 2, leaderelection.HintOrder: 3,
}

// offer leaves a hint for a watcher that may be busy. Of two that wait, the one
// that is worth more is kept.
func offer(hints chan leaderelection.Hint, hint leaderelection.Hint) {
	for {
		select {
		case hints <- hint:
			return
		default:
		}
		select {
		case waiting := <-hints:
			if worth[waiting] > worth[hint] {
				hint = waiting
			}
		default:
		}
	}
}
