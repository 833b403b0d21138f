package redisstore

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/protocol"
)

// go-redis may come to deliver more kinds of messages than it does.
func TestMessagesOfAnotherKindAreDropped(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]any{
		"a pong": &redis.Pong{}, "nothing": nil, "an unsubscription": &redis.Subscription{Kind: "unsubscribe", Channel: "{jobs}:events"},
	} {
		if m, ok := messageOf(message); ok {
			t.Errorf("%s became %+v", name, m)
		}
	}
	if m, ok := messageOf(&redis.Message{Channel: "{jobs}:events", Payload: "elected"}); !ok || m != (protocol.Message{Channel: "{jobs}:events", Payload: "elected"}) {
		t.Errorf("a message became %+v, %v", m, ok)
	}
	if m, ok := messageOf(&redis.Subscription{Kind: "subscribe", Channel: "{jobs}:events"}); !ok || !m.Subscribed {
		t.Errorf("a subscription became %+v, %v", m, ok)
	}
}
