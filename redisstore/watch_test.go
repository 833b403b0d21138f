package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

// watch watches an election as an onlooker until stop is called.
func (t *trial) watch(key string) (hints <-chan leaderelection.Hint, stop context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	return t.store.Watch(ctx, key, ""), stop
}

// hinted waits for a hint.
func (t *trial) hinted(what string, hints <-chan leaderelection.Hint, want leaderelection.Hint) {
	t.Helper()
	for due := time.After(patience); ; {
		select {
		case hint := <-hints:
			if hint == want {
				return
			}
		case <-due:
			t.Fatalf("%s: no hint %d within %v", what, want, patience)
		}
	}
}

// quiet counts the hints that still come while nothing happens.
func quiet(hints <-chan leaderelection.Hint) (count int) {
	for {
		select {
		case <-hints:
			count++
		case <-time.After(200 * time.Millisecond):
			return count
		}
	}
}

// subscribers returns how many subscribe to an election's channels.
func (t *trial) subscribers(key string) (n int64) {
	channels := t.admin.PubSubChannels(t.Context(), "{"+key+"}:events*").Val()
	for _, subscribers := range t.admin.PubSubNumSub(t.Context(), channels...).Val() {
		n += subscribers
	}
	return n
}

func TestF21WatchHintsOfGrantsAndReleases(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		hints, stop := t.watch(t.key)
		defer stop()
		t.hinted("the subscription", hints, leaderelection.HintMissed)
		quiet(hints)

		l := t.candidate("leader", long).win()
		t.hinted("a grant", hints, leaderelection.HintElected)
		l.release()
		t.hinted("a release", hints, leaderelection.HintVacant)
		if n := quiet(hints); n != 0 {
			t.Errorf("%d more hints", n)
		}
	})
}

func TestF21KilledSubscriptionReconnectsAndHintsOnce(t *testing.T) {
	onRedis(t, func(t *trial) {
		hints, stop := t.watch(t.key)
		defer stop()
		t.hinted("the subscription", hints, leaderelection.HintMissed)
		quiet(hints)
		for range 3 {
			if n := t.do("CLIENT", "KILL", "TYPE", "pubsub"); n != int64(1) {
				t.Fatalf("%v connections killed", n)
			}
			t.hinted("the new subscription", hints, leaderelection.HintMissed)
			if n := quiet(hints); n != 0 {
				t.Errorf("%d more hints after one reconnection", n)
			}
		}
		t.do("PUBLISH", "{jobs}:events", "vacant")
		t.hinted("a message", hints, leaderelection.HintVacant)
	})
}

func TestF21SubscriptionSurvivesARestart(t *testing.T) {
	each(t, func(t *trial) {
		hints, stop := t.watch(t.key)
		defer stop()
		t.hinted("the subscription", hints, leaderelection.HintMissed)
		t.server.RestartEmpty()
		eventually(t, "a subscription after the restart", func() bool { return t.subscribers(t.key) == 1 })
		quiet(hints)
		t.do("PUBLISH", "{jobs}:events", "vacant")
		t.hinted("a message", hints, leaderelection.HintVacant)
	})
}

func TestF21RepeatedAndStrangeMessagesAreMerged(t *testing.T) {
	each(t, func(t *trial) {
		hints, stop := t.watch(t.key)
		defer stop()
		t.hinted("the subscription", hints, leaderelection.HintMissed)
		quiet(hints)
		for range 50 {
			t.do("PUBLISH", "{jobs}:events", "vacant")
			t.do("PUBLISH", "{jobs}:events", "elected")
			t.do("PUBLISH", "{jobs}:events", "\x00 nobody knows")
		}
		time.Sleep(100 * time.Millisecond) // for those that are still on their way
		if n := quiet(hints); n < 1 || n > 10 {
			t.Errorf("%d hints of 150 messages that nobody waited for", n)
		}
	})
}

// Duplicated messages never make two leaders, nor a follower that is always busy.
func TestF21ElectionUnderAStormOfMessages(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().start("leader", patience/3).leads()
		term := leader.Term()
		follower := t.start("follower", patience/3).follows()
		for range 200 {
			t.do("PUBLISH", "{jobs}:events", "vacant")
		}
		leader.goesOn(term, "under a storm of messages")
		if follower.IsLeader() {
			t.Error("both lead")
		}
		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		follower.leads()
	})
}

func TestF21OneSubscriptionForAll(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.permitAllNames()
		const watchers = 50
		subscriptions := func() int {
			return strings.Count(t.do("CLIENT", "LIST", "TYPE", "pubsub").(string), "\n")
		}
		stops := make([]context.CancelFunc, 0, 2*watchers)
		for i := range watchers {
			for range 2 {
				hints, stop := t.watch(fmt.Sprint("jobs-", i))
				stops = append(stops, stop)
				t.hinted("the subscription", hints, leaderelection.HintMissed)
			}
		}
		if n := subscriptions(); n != 1 {
			t.Errorf("%d connections subscribe for %d watchers", n, len(stops))
		}
		for i := range watchers {
			eventually(t, "the subscription", func() bool { return t.subscribers(fmt.Sprint("jobs-", i)) == 1 })
		}

		// Who stops to watch leaves the others alone,
		for _, stop := range stops[1:] {
			stop()
		}
		eventually(t, "fewer channels", func() bool { return len(t.admin.PubSubChannels(t.Context(), "*").Val()) == 1 })
		if t.subscribers("jobs-0") != 1 {
			t.Error("the last watcher's subscription is gone, too")
		}
		// and the last one ends the subscription.
		stops[0]()
		eventually(t, "no subscription", func() bool { return subscriptions() == 0 })

		// Another begins anew.
		hints, stop := t.watch(t.key)
		t.hinted("a new subscription", hints, leaderelection.HintMissed)
		stop()
		eventually(t, "no subscription", func() bool { return subscriptions() == 0 })
	})
}

func TestF21WatchersComeAndGo(t *testing.T) {
	each(t, func(t *trial) {
		t.permitAllNames()
		for i := range 200 {
			_, stop := t.watch(fmt.Sprint("jobs-", i%3))
			stop()
		}
		hints, stop := t.watch("jobs-1")
		eventually(t, "the subscription", func() bool { return t.subscribers("jobs-1") == 1 })
		quiet(hints)
		t.do("PUBLISH", "{jobs-1}:events", "vacant")
		t.hinted("a message", hints, leaderelection.HintVacant)
		stop()
		eventually(t, "no channels", func() bool { return len(t.admin.PubSubChannels(t.Context(), "*").Val()) == 0 })
	})
}

// A watch on a server that is not there must not stop anything; goleak sees that
// it ends.
func TestF21WatchOfADeadServer(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.server.(interface{ Kill() }).Kill()
		_, stop := t.watch(t.key)
		time.Sleep(50 * time.Millisecond)
		stop()
	})
}
