package leaderhttp

import "testing"

func TestSlowListenersAreToldWhatTheyLost(t *testing.T) {
	var b broadcast
	events, leave, ok := b.join()
	if !ok {
		t.Fatal("there was no room for the first")
	}
	for range eventsWaiting + 3 {
		b.send(Event{Kind: "renewed"})
	}
	for range eventsWaiting {
		if event := <-events; event.Dropped != 0 {
			t.Errorf("%+v, before anything was lost", event)
		}
	}
	b.send(Event{Kind: "elected", Dropped: 1})
	if event := <-events; event.Kind != "elected" || event.Dropped != 4 {
		t.Errorf("%+v, want 4 dropped: three here, one before", event)
	}

	leave()
	b.send(Event{Kind: "renewed"})
	select {
	case event := <-events:
		t.Errorf("%+v, after leaving", event)
	default:
	}
}

func TestThereIsRoomForSoManyListeners(t *testing.T) {
	var b broadcast
	var leave func()
	for range mostListeners {
		var ok bool
		if _, leave, ok = b.join(); !ok {
			t.Fatal("refused too early")
		}
	}
	if _, _, ok := b.join(); ok {
		t.Error("one too many was let in")
	}
	leave()
	if _, _, ok := b.join(); !ok {
		t.Error("refused, though one has left")
	}
}
