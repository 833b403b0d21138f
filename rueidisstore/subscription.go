package rueidisstore

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/rueidis"
)

// Between two connections of a subscription.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// subscription keeps the list of its channels, since rueidis leaves it to its users
// to subscribe again on another connection.
type subscription struct {
	client  rueidis.Client
	deliver func(protocol.Message)
	stop    context.CancelFunc
	changed chan struct{} // wakes the goroutine

	mu       sync.Mutex
	channels map[string]struct{} // for a new connection
	changes  []change            // for the one there is
}

// change is a command to be given. None is left out, even if a later one takes it
// back: whoever asks for a subscription waits for its confirmation.
type change struct {
	subscribe bool
	channels  []string
}

// Subscribe opens a subscription. It is on a connection of its own: on one that is
// shared with the other commands, a storm of messages would hold up renewals.
func (s *server) Subscribe(deliver func(protocol.Message)) protocol.Subscription {
	ctx, stop := context.WithCancel(context.Background())
	sub := &subscription{client: s.client, deliver: deliver, stop: stop,
		changed: make(chan struct{}, 1), channels: make(map[string]struct{})}
	go sub.run(ctx)
	return sub
}

func (s *subscription) Subscribe(channels ...string) {
	s.change(change{true, channels}, func(channel string) { s.channels[channel] = struct{}{} })
}

func (s *subscription) Unsubscribe(channels ...string) {
	s.change(change{false, channels}, func(channel string) { delete(s.channels, channel) })
}

func (s *subscription) Close() { s.stop() }

func (s *subscription) change(c change, note func(channel string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, channel := range c.channels {
		note(channel)
	}
	s.changes = append(s.changes, c)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// run connects again and again, until Close.
func (s *subscription) run(ctx context.Context) {
	pause := minPause
	for ctx.Err() == nil {
		began := time.Now()
		_ = s.connect(ctx) // whatever has ended it, the next may live longer
		if time.Since(began) > maxPause {
			pause = minPause
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		}
		pause = min(2*pause, maxPause)
	}
}

// connect returns when the connection has broken, or Redis has refused a command.
func (s *subscription) connect(ctx context.Context) error {
	connection, _ := s.client.Dedicate()
	defer connection.Close() // not back into the pool: with RESP2 it would stay subscribed
	broken := connection.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage: func(m rueidis.PubSubMessage) {
			s.deliver(protocol.Message{Channel: m.Channel, Payload: m.Message})
		},
		OnSubscription: func(m rueidis.PubSubSubscription) {
			if m.Kind == "subscribe" {
				s.deliver(protocol.Message{Channel: m.Channel, Subscribed: true})
			}
		},
	})
	for next := s.anew(); ; next = s.next() {
		for _, change := range next {
			if err := connection.Do(ctx, change.command(connection.B())).Error(); err != nil {
				return err
			}
		}
		select {
		case <-s.changed:
		case err := <-broken:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// anew is what a new connection must be told.
func (s *subscription) anew() []change {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = nil
	all := make([]string, 0, len(s.channels))
	for channel := range s.channels {
		all = append(all, channel)
	}
	if len(all) == 0 {
		return nil
	}
	return []change{{true, all}}
}

// next is what the connection has not been told yet.
func (s *subscription) next() []change {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.changes
	s.changes = nil
	return next
}

func (c change) command(b rueidis.Builder) rueidis.Completed {
	if c.subscribe {
		return b.Subscribe().Channel(c.channels...).Build()
	}
	return b.Unsubscribe().Channel(c.channels...).Build()
}
