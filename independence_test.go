package leaderelection_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

// deaf is a log handler that never returns before the end of the test.
type deaf struct {
	slog.Handler
	unblock <-chan struct{}
}

func (d deaf) Handle(context.Context, slog.Record) error { <-d.unblock; return nil }

func TestF38UserCodeThatHangsHarmsNobody(t *testing.T) {
	hangs := map[string]func(config leaderelection.Config, store *memstore.Store, unblock <-chan struct{}, t *testing.T) *candidate{
		"a become callback": func(config leaderelection.Config, store *memstore.Store, unblock <-chan struct{}, t *testing.T) *candidate {
			c := newCandidateWith(t, store, config)
			c.OnBecomeLeader(func() { <-unblock })
			return c.start(t)
		},
		"an observer": func(config leaderelection.Config, store *memstore.Store, unblock <-chan struct{}, t *testing.T) *candidate {
			hung := leaderelection.ObserverFunc(func(leaderelection.Event) { <-unblock })
			return newCandidateWith(t, store, config, leaderelection.WithObserver(hung)).start(t)
		},
		"a log handler": func(config leaderelection.Config, store *memstore.Store, unblock <-chan struct{}, t *testing.T) *candidate {
			logger := slog.New(deaf{slog.DiscardHandler, unblock})
			return newCandidateWith(t, store, config, leaderelection.WithLogger(logger)).start(t)
		},
		"work that ignores its ctx": func(config leaderelection.Config, store *memstore.Store, unblock <-chan struct{}, t *testing.T) *candidate {
			return newCandidateWith(t, store, config).lead(t, func(context.Context) error { <-unblock; return nil })
		},
	}
	for name, hang := range hangs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given many elections on one store, one of which hangs in user code
				store := memstore.New()
				unblock := make(chan struct{})
				defer close(unblock)
				of := func(election int) leaderelection.Config {
					return leaderelection.Config{InstanceID: "a", RedisKeyName: fmt.Sprintf("election-%d", election)}
				}
				hung := hang(of(0), store, unblock, t)
				others := make([]*candidate, 8)
				for i := range others {
					others[i] = newCandidateWith(t, store, of(i+1)).start(t)
				}

				// when ten minutes pass
				pass(10 * time.Minute)

				// then all lead in their first term, the one that hangs too
				for _, c := range append(others, hung) {
					c.mustLead(t)
					if terms := len(c.link.sent(acquire)); terms != 1 {
						t.Errorf("%d bids, want 1", terms)
					}
					if renewals, least := len(c.link.sent(renew)), int(10*time.Minute/heartbeat)-1; renewals < least {
						t.Errorf("%d renewals, want %d at least", renewals, least)
					}
				}
			})
		})
	}
}

func TestF38ALogHandlerThatHangsDelaysNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		defer close(unblock)
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithLogger(slog.New(deaf{slog.DiscardHandler, unblock}))).start(t)
		pass(time.Minute)

		began := time.Now()
		if err := c.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}

		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("Stop took %v", took)
		}
		if leader := leaderIn(t, c.link.store); leader != "" {
			t.Errorf("%q holds the lease", leader)
		}
	})
}

func TestF38ALogHandlerThatHangsSilencesNoObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		defer close(unblock)
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithLogger(slog.New(deaf{slog.DiscardHandler, unblock}))).start(t)

		pass(time.Minute)

		if renewed := len(c.events.of(leaderelection.Renewed)); renewed < int(time.Minute/heartbeat)-1 {
			t.Errorf("the observer saw %d renewals in a minute", renewed)
		}
	})
}
