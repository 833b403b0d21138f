package rueidisstore

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"example.com/leaderelection/internal/protocol"
	"example.com/leaderelection/internal/redistest"
)

const patience = 20 * time.Second

// listener is a subscription and what it delivers.
type listener struct {
	*testing.T
	protocol.Subscription
	messages chan protocol.Message
}

func listen(t *testing.T, client rueidis.Client) listener {
	l := listener{T: t, messages: make(chan protocol.Message, 100)}
	l.Subscription = (&server{client}).Subscribe(func(m protocol.Message) { l.messages <- m })
	t.Cleanup(l.Close)
	return l
}

// hears expects these messages, in any order, and nothing else before the last of them.
func (l listener) hears(want ...protocol.Message) {
	l.Helper()
	for len(want) > 0 {
		select {
		case m := <-l.messages:
			at := slices.Index(want, m)
			if at < 0 {
				l.Fatalf("%+v arrived, want one of %+v", m, want)
			}
			want = slices.Delete(want, at, at+1)
		case <-time.After(patience):
			l.Fatalf("not within %v: %+v", patience, want)
		}
	}
}

// It confirms each channel, again after each reconnection, with the older protocol too.
func TestSubscriptionConfirmsEveryChannelAgain(t *testing.T) {
	t.Parallel()
	for name, older := range map[string]bool{"RESP3": false, "RESP2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t)
			admin := redis.Client(t)
			client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{redis.Addr()}, DisableCache: true, AlwaysRESP2: older})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			l := listen(t, client)
			a, b, c := confirmed("a"), confirmed("b"), confirmed("c")
			l.Subscribe("a", "b")
			l.hears(a, b)
			l.Subscribe("c")
			l.hears(c)
			l.Unsubscribe("b")
			l.Unsubscribe("c")
			l.Subscribe("c") // at once, and is told so all the same
			l.hears(c)
			for range 3 {
				if n := admin.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Val(); n != 1 {
					t.Fatalf("%d subscribed connections were killed, want 1", n)
				}
				l.hears(a, c)
				if err := admin.Publish(t.Context(), "a", "elected").Err(); err != nil {
					t.Fatal(err)
				}
				l.hears(protocol.Message{Channel: "a", Payload: "elected"})
			}
			l.Close()
			for deadline := time.Now().Add(patience); strings.Contains(redis.Clients(), " flags=P "); {
				if time.Now().After(deadline) {
					t.Fatal("still subscribed after Close")
				}
			}
		})
	}
}

func confirmed(channel string) protocol.Message {
	return protocol.Message{Channel: channel, Subscribed: true}
}

// A server that takes no subscription is asked again, but not in a hot loop; when it
// does, there is one.
func TestSubscriptionThatIsRefusedIsTriedAgainInPeace(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	admin := redis.Client(t)
	permit := func(rule string) {
		if err := admin.Do(t.Context(), "ACL", "SETUSER", "default", rule).Err(); err != nil {
			t.Fatal(err)
		}
	}
	connections := func() int {
		n, err := strconv.Atoi(admin.InfoMap(t.Context(), "stats").Item("Stats", "total_connections_received"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	client := connect(t, redis.Addr())
	permit("-subscribe")
	l := listen(t, client)
	before := connections()
	l.Subscribe("a")
	time.Sleep(2 * time.Second)
	if n := connections() - before; n < 2 || n > 20 {
		t.Errorf("%d connections in two seconds", n)
	}
	permit("+subscribe")
	l.hears(confirmed("a"))
}
