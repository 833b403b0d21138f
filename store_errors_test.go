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

// Errors of the store: an outcome is unknown, or retrying cannot help.

var (
	errLoading  = errors.New("LOADING Redis is loading the dataset in memory")
	errPassword = &leaderelection.ConfigurationError{Problem: "the password is refused", Remedy: "set the right one"}
)

func TestF17AnErrorThatPassesCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		term := c.Term()

		// when the store fails for nearly as long as a lease lasts
		c.link.breaks(failing(errLoading), everything...)
		pass(belief - time.Second)
		c.mustLead(t)
		c.link.heal()
		pass(time.Minute)

		// then it leads on in the same term
		c.mustLead(t)
		if c.Term() != term {
			t.Errorf("the term changed from %d to %d", term, c.Term())
		}
		if failed := c.events.of(leaderelection.RenewalFailed); len(failed) < 2 || !errors.Is(failed[0].Err, errLoading) {
			t.Errorf("failed renewals were reported as %v", failed)
		}
	})
}

func TestF17AnErrorThatLastsEndsTheTermAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		c.link.breaks(failing(errLoading), everything...)

		pass(belief - 1)
		c.mustLead(t)
		pass(1)
		c.mustNotLead(t)
		if ended := c.events.last(leaderelection.TermEnded); !errors.Is(ended.Err, leaderelection.ErrLeaseExpired) {
			t.Errorf("the term ended because of %v, want ErrLeaseExpired", ended.Err)
		}
	})
}

func TestF17AStoreThatIsDownAtTheStartIsAskedUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a store that is down
		c := newCandidate(t, memstore.New(), "a")
		c.link.breaks(failing(errBroken), everything...)
		c.start(t)

		// when it comes up after an hour
		pass(time.Hour)
		attempts := len(c.link.sent(acquire))
		c.link.heal()
		pass(retry)

		// then the candidate is there, after no more attempts than a RetryInterval allows for
		c.mustLead(t)
		if most := int(time.Hour/(retry*3/4)) + 8; attempts > most {
			t.Errorf("%d attempts within an hour, want %d at most", attempts, most)
		}
		// and has said so once, not once per attempt
		if warnings := c.logs.at(slog.LevelWarn); len(warnings) != 1 {
			t.Errorf("it warned %d times: %q", len(warnings), warnings)
		}
		if infos := c.logs.at(slog.LevelInfo); !slices.Contains(infos, "the store answers again") {
			t.Errorf("it did not say that the store answers again: %q", infos)
		}
	})
}

func TestF18StartReturnsWhatRetryingCannotMend(t *testing.T) {
	for name, before := range map[string][]fault{
		"as the first answer":                  nil,
		"after the store could not be reached": {failing(errBroken), blackHole},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCandidate(t, memstore.New(), "a")
				c.link.next(acquire, before...)
				c.link.breaks(failing(errPassword), everything...)

				c.start(t)

				c.mustReturn(t, errPassword)
			})
		})
	}
}

func TestF18WhatWorkedOnceIsRetried(t *testing.T) {
	for _, role := range []string{"leader", "follower"} {
		t.Run(role, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given a candidate that the store has answered
				store := memstore.New()
				if role == "follower" {
					other := newCandidate(t, store, "other").start(t).mustLead(t)
					defer other.crash()
				}
				c := newCandidate(t, store, "a").start(t)

				// when its password is changed, and changed back an hour later
				c.link.breaks(failing(errPassword), everything...)
				pass(time.Hour)
				warnings := c.logs.at(slog.LevelWarn)
				c.link.heal()
				pass(ttl)

				// then it is still a candidate, and has complained
				if c.returned() {
					t.Fatalf("Start returned %v", c.err)
				}
				if len(warnings) == 0 {
					t.Error("it never warned")
				}
				if role == "leader" {
					c.mustLead(t)
				}
			})
		})
	}
}

func TestF18WhatSomebodyHasToChangeIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a follower whose password was changed while it took part
		store := memstore.New()
		defer newCandidate(t, store, "other").start(t).mustLead(t).crash()
		c := newCandidate(t, store, "a").start(t)
		// when calls are refused, and fail otherwise in between,
		outage := func(first, second error) (warnings int) {
			before := len(c.logs.at(slog.LevelWarn))
			for range 10 {
				c.link.breaks(failing(first), everything...)
				pass(time.Minute)
				c.link.breaks(failing(second), everything...)
				pass(time.Minute)
			}
			c.link.heal()
			pass(ttl)
			return len(c.logs.at(slog.LevelWarn)) - before
		}

		// then that is news once in every outage
		for range 2 {
			if n := outage(errPassword, errBroken); n != 1 {
				t.Errorf("it warned %d times in an outage that began by a refusal, want once", n)
			}
		}
		if n := outage(errBroken, errPassword); n != 2 {
			t.Errorf("it warned %d times in an outage that became a refusal, want of both", n)
		}
	})
}

func TestAConfigurationErrorNamesWhatToChange(t *testing.T) {
	err := &leaderelection.ConfigurationError{Problem: "EVALSHA is not permitted", Remedy: "grant +evalsha", Err: errBroken}

	const want = "leaderelection: EVALSHA is not permitted: grant +evalsha (connection reset by peer)"
	if err.Error() != want {
		t.Errorf("it reads %q, want %q", err.Error(), want)
	}
	if !errors.Is(err, errBroken) {
		t.Error("it hides the store's own error")
	}
}
