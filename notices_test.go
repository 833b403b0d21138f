package leaderelection_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestObserversSeeATermFromBeginningToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		began, term := time.Now(), c.Term()
		pass(2 * heartbeat)
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		want := []leaderelection.EventKind{
			leaderelection.CampaignStarted, leaderelection.Elected, leaderelection.Renewed,
			leaderelection.Renewed, leaderelection.TermEnded, leaderelection.Released,
		}
		if got := c.events.kinds(); !slices.Equal(got, want) {
			t.Fatalf("they saw %v, want %v", got, want)
		}
		for _, kind := range want[1:] {
			event := c.events.last(kind)
			if event.Term != term || event.InstanceID != "a" || event.Key != leaderelection.DefaultRedisKeyName {
				t.Errorf("%v: %+v", kind, event)
			}
		}
		if renewed := c.events.of(leaderelection.Renewed)[0]; renewed.Time.After(began.Add(heartbeat)) {
			t.Errorf("the first renewal was at %v, want it within %v of the election", renewed.Time, heartbeat)
		}
	})
}

func TestEventsTellHowLongTheStoreTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a store that answers after a while
		const delay = 70 * time.Millisecond
		c := newCandidate(t, memstore.New(), "a")
		for _, o := range everything {
			c.link.breaks(slow(0, delay), o)
		}
		c.start(t)
		pass(time.Minute)
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}

		for _, kind := range []leaderelection.EventKind{leaderelection.Elected, leaderelection.Renewed, leaderelection.Released} {
			if event := c.events.last(kind); event.Elapsed != delay {
				t.Errorf("%v: Elapsed is %v, want %v", kind, event.Elapsed, delay)
			}
		}
	})
}

func TestFollowingIsReportedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		pass(time.Hour)

		followed := b.events.of(leaderelection.Following)
		if len(followed) != 1 || followed[0].Leader != "a" || followed[0].Term != a.Term() {
			t.Errorf("reported %+v, want one of term %d, led by a", followed, a.Term())
		}
	})
}

func TestASlowObserverLosesTheOldestAndIsToldHowMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given an observer that is busy with its first event
		unblock := make(chan struct{})
		slow := &eventLog{}
		observer := leaderelection.ObserverFunc(func(event leaderelection.Event) { <-unblock; slow.Observe(event) })
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithObserver(observer)).start(t)

		// when a thousand heartbeats pass, and it is done
		pass(1000 * heartbeat)
		close(unblock)
		synctest.Wait()

		// then it gets the latest, and the number of those that are missing
		slow.mu.Lock()
		defer slow.mu.Unlock()
		dropped := 0
		for _, event := range slow.events {
			dropped += event.Dropped
		}
		happened := 2 + len(c.link.sent(renew)) // the campaign's start, the election, and the renewals
		if len(slow.events)+dropped != happened || dropped == 0 {
			t.Errorf("it got %d events and was told that %d are missing, of %d", len(slow.events), dropped, happened)
		}
		if last := slow.events[len(slow.events)-1]; last.Kind != leaderelection.Renewed || time.Since(last.Time) > heartbeat {
			t.Errorf("the latest it got is %v of %v", last.Kind, last.Time)
		}
	})
}

func TestLogsTellChangesOfStateOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)

		// when it leads for an hour, loses the store for another, and leads again
		pass(time.Hour)
		c.link.breaks(failing(errBroken), everything...)
		pass(time.Hour)
		c.link.heal()
		pass(time.Hour)
		c.mustLead(t)

		// then that is what its log says
		wantWarnings := []string{
			"cannot publish who leads for outside readers; the election is not affected",
			"cannot renew the lease; trying again until it ends",
			"the term has ended",
		}
		wantInfos := []string{"leading", "the store answers again", "leading"}
		warnings := c.logs.at(slog.LevelWarn)
		slices.Sort(warnings)
		if infos := c.logs.at(slog.LevelInfo); !slices.Equal(infos, wantInfos) {
			t.Errorf("infos: %q, want %q", infos, wantInfos)
		}
		if !slices.Equal(warnings, wantWarnings) && !slices.Equal(warnings, wantWarnings[1:]) {
			t.Errorf("warnings: %q, want %q", warnings, wantWarnings)
		}
	})
}

func TestAFailingAnnouncementIsReportedAndHarmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.breaks(failing(errBroken), announce)
		c.start(t)

		pass(time.Hour)

		c.mustLead(t)
		if failed := c.events.last(leaderelection.AnnounceFailed); !errors.Is(failed.Err, errBroken) {
			t.Errorf("reported %v, want the store's error", failed.Err)
		}
		if warnings := c.logs.at(slog.LevelWarn); len(warnings) != 1 {
			t.Errorf("it warned %d times: %q", len(warnings), warnings)
		}
	})
}

func TestAllObserversAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second, third := &eventLog{}, &eventLog{}
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithObserver(second), leaderelection.WithObserver(third)).start(t)
		pass(time.Minute)

		if len(second.kinds()) == 0 || !slices.Equal(second.kinds(), c.events.kinds()) || !slices.Equal(third.kinds(), c.events.kinds()) {
			t.Errorf("they were told %d, %d and %d events", len(c.events.kinds()), len(second.kinds()), len(third.kinds()))
		}
	})
}

func TestEveryKindOfEventAndVerdictHasAName(t *testing.T) {
	seen := map[string]bool{}
	for kind := leaderelection.CampaignStarted; kind <= leaderelection.Warned; kind++ {
		seen[kind.String()] = true
	}
	if len(seen) != int(leaderelection.Warned)+1 || seen["unknown"] || seen[""] {
		t.Errorf("the kinds are called %v", seen)
	}
	clear(seen)
	for verdict := leaderelection.Vacant; verdict <= leaderelection.Lost; verdict++ {
		seen[verdict.String()] = true
	}
	if len(seen) != int(leaderelection.Lost)+1 || seen["unknown"] || seen[""] {
		t.Errorf("the verdicts are called %v", seen)
	}
	if leaderelection.EventKind(-1).String() != "unknown" || leaderelection.Verdict(99).String() != "unknown" {
		t.Error("what is none of them has a name")
	}
}
