package protocol

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
)

// The last watch of a Store ends, and before its goroutine has gone another begins:
// too short a moment to be met from outside. Nobody would listen for that one.
func TestAWatchThatBeginsAsTheLastOneEndsIsListenedTo(t *testing.T) {
	t.Parallel()
	// Given a goroutine that has found nothing to listen to any more,
	changed := make(chan struct{}, 1)
	w := &watchers{changed: changed, altered: map[string]struct{}{"{jobs}:events": {}}}
	subscribed := map[string]bool{"{jobs}:events": true}
	wanted, unwanted := w.difference(subscribed)
	if len(wanted) != 0 || len(unwanted) != 1 || len(subscribed) != 0 {
		t.Fatalf("wanted %q, unwanted %q, subscribed to %v", wanted, unwanted, subscribed)
	}

	// when somebody begins to watch before it stops,
	w.add(t.Context(), "{others}:events")

	// then it does not, and has been told.
	if w.stopIfIdle() {
		t.Error("it stops, with a watch left")
	}
	if w.changed == nil || len(changed) != 1 {
		t.Errorf("it was told of %d changes", len(changed))
	}
	if wanted, _ := w.difference(subscribed); len(wanted) != 1 || wanted[0] != "{others}:events" {
		t.Errorf("it listens to %q then", wanted)
	}
}

func TestMessagesOfAnotherChannelAreNoHints(t *testing.T) {
	t.Parallel()
	w := &watchers{changed: make(chan struct{}, 1)}
	hints := w.add(t.Context(), "{jobs}:events")
	if w.deliver(Message{Channel: "{others}:events", Payload: "vacant"}); len(hints) != 0 {
		t.Errorf("it became hint %v", <-hints)
	}
	if w.deliver(Message{Channel: "{jobs}:events", Payload: "elected"}); len(hints) != 1 || <-hints != leaderelection.HintElected {
		t.Error("and a message of the election is none either")
	}
}

// A subscription that was refused may be permitted later.
func TestSubscriptionsThatAreNotConfirmedAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		changed := make(chan struct{}, 1)
		w := &watchers{changed: changed}
		w.add(t.Context(), "{jobs}:events")
		<-changed
		subscribed := map[string]bool{}
		asked := func() int {
			w.warning("{jobs}:events")
			if len(changed) == 0 {
				return 0
			}
			<-changed
			wanted, _ := w.difference(subscribed)
			return len(wanted)
		}
		w.difference(subscribed) // which asks for the first time
		times := 0
		for range 60 {
			time.Sleep(time.Second)
			times += asked()
		}
		if times < 4 || times > 6 {
			t.Errorf("Redis was asked %d times more in a minute, want about every %v", times, askedAgainAfter)
		}
		w.deliver(Message{Channel: "{jobs}:events", Subscribed: true})
		time.Sleep(time.Hour)
		if wanted, _ := w.difference(subscribed); asked() != 0 || len(wanted) != 0 {
			t.Error("Redis is asked for what it has confirmed")
		}
	})
}

// Three seconds of answers without a confirmation are too long, and one confirmation
// is enough, whatever breaks later.
func TestSubscriptionsThatAreNotConfirmedAreToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &watchers{changed: make(chan struct{}, 1)}
		watching, stop := context.WithCancel(t.Context())
		w.add(watching, "{jobs}:events")
		warned := func() bool { return w.warning("{jobs}:events") != "" }
		time.Sleep(time.Hour) // in which Redis was not there
		if warned() {
			t.Error("warned at the first answer")
		}
		time.Sleep(confirmedWithin + time.Second)
		if first, second := warned(), warned(); !first || !second {
			t.Error("not warned when Redis has answered for long, and confirmed nothing")
		}
		if w.warning("{others}:events") != "" {
			t.Error("warned of a channel that nobody watches")
		}
		if w.deliver(Message{Channel: "{jobs}:events", Subscribed: true}); warned() {
			t.Error("warned of a subscription that is confirmed")
		}
		time.Sleep(time.Hour)
		if warned() {
			t.Error("warned of a subscription that was confirmed")
		}
		stop()
		synctest.Wait()
		if w.warning("{jobs}:events") != "" {
			t.Error("warned of a channel that nobody watches any more")
		}
	})
}
