package redisstore

import (
	"context"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/go-redis/v9"
)

// subscription is go-redis's, which keeps the list of its channels and subscribes
// to them again when it has reconnected. So its errors are not ours to mend.
type subscription struct {
	*redis.PubSub
}

// Subscribe opens a subscription.
func (s *server) Subscribe(deliver func(protocol.Message)) protocol.Subscription {
	sub := subscription{s.client.Subscribe(context.Background())}
	messages := sub.ChannelWithSubscriptions()
	go func() {
		for message := range messages {
			if m, ok := messageOf(message); ok {
				deliver(m)
			}
		}
	}()
	return sub
}

func (s subscription) Subscribe(channels ...string) {
	_ = s.PubSub.Subscribe(context.Background(), channels...)
}

func (s subscription) Unsubscribe(channels ...string) {
	_ = s.PubSub.Unsubscribe(context.Background(), channels...)
}

func (s subscription) Close() { _ = s.PubSub.Close() }

func messageOf(message any) (protocol.Message, bool) {
	switch m := message.(type) {
	case *redis.Subscription:
		return protocol.Message{Channel: m.Channel, Subscribed: true}, m.Kind == "subscribe"
	case *redis.Message:
		return protocol.Message{Channel: m.Channel, Payload: m.Payload}, true
	default:
		return protocol.Message{}, false
	}
}
