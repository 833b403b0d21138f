package leaderelection_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestWhoLeadsIsTheSameAnswerForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader, a follower and one that takes no part
		store := memstore.New()
		config := leaderelection.Config{InstanceID: "a", Hostname: "here"}
		began := time.Now()
		a := newCandidateWith(t, store, config).start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		outsider := newCandidate(t, store, "outsider")
		pass(heartbeat + time.Second)

		for _, asker := range []*candidate{a, b, outsider} {
			info, err := asker.GetLeaderInfo()
			if err != nil {
				t.Fatal(err)
			}
			if info.InstanceID != "a" || info.Hostname != "here" || info.Term != a.Term() ||
				!info.StartedAt.Equal(began) || !info.LastHeartbeat.After(began) {
				t.Errorf("%s is told %+v", asker.GetInstanceID(), info)
			}
			if id, err := asker.GetLeaderID(); id != "a" || err != nil {
				t.Errorf("%s is told %q, %v", asker.GetInstanceID(), id, err)
			}
		}
	})
}

func TestWhereNobodyLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")

		if id, err := c.GetLeaderID(); id != "" || err != nil {
			t.Errorf("GetLeaderID: %q, %v; want none, and no error", id, err)
		}
		if info, err := c.GetLeaderInfo(); info != nil || !errors.Is(err, leaderelection.ErrNoLeader) {
			t.Errorf("GetLeaderInfo: %v, %v; want ErrNoLeader", info, err)
		}
		if info, err := c.Leader(t.Context()); info != nil || !errors.Is(err, leaderelection.ErrNoLeader) {
			t.Errorf("Leader: %v, %v; want ErrNoLeader", info, err)
		}
	})
}

func TestWhereTheStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.breaks(failing(errBroken), everything...)

		if id, err := c.GetLeaderID(); id != "" || !errors.Is(err, errBroken) {
			t.Errorf("GetLeaderID: %q, %v; want the store's error", id, err)
		}
		if info, err := c.GetLeaderInfo(); info != nil || !errors.Is(err, errBroken) {
			t.Errorf("GetLeaderInfo: %v, %v; want the store's error", info, err)
		}
	})
}

func TestQuestionsToAStoreThatHangsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.breaks(c.link.hung, everything...)

		began := time.Now()
		if _, err := c.GetLeaderID(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GetLeaderID: %v, want a deadline exceeded", err)
		}
		if took := time.Since(began); took > ttl {
			t.Errorf("it took %v", took)
		}

		// and the next is told why it was not even asked
		if _, err := c.GetLeaderID(); !errors.Is(err, leaderelection.ErrStoreStalled) {
			t.Errorf("GetLeaderID: %v, want ErrStoreStalled", err)
		}
	})
}

func TestAwaitLeaderReturnsAsSoonAsSomebodyLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given somebody who waits
		store := memstore.New()
		waiting := newCandidate(t, store, "waiting")
		type answer struct {
			info *leaderelection.LeaderInfo
			err  error
		}
		answers := make(chan answer, 1)
		go func() {
			info, err := waiting.AwaitLeader(t.Context())
			answers <- answer{info, err}
		}()
		pass(time.Minute + retry/2)
		if len(answers) > 0 {
			t.Fatalf("it returned %+v while nobody led", <-answers)
		}

		// when somebody is elected
		newCandidate(t, store, "a").start(t).mustLead(t)

		// then it is told at once
		synctest.Wait()
		if len(answers) == 0 {
			t.Fatal("it still waits")
		}
		if got := <-answers; got.err != nil || got.info.InstanceID != "a" {
			t.Errorf("it returned %+v", got)
		}
	})
}

func TestAwaitLeaderAsksAgainAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		newCandidate(t, store, "a").start(t).mustLead(t)
		waiting := newCandidate(t, store, "waiting")
		waiting.link.next(read, failing(errBroken), blackHole, failing(errBroken))

		info, err := waiting.AwaitLeader(t.Context())
		if err != nil || info.InstanceID != "a" {
			t.Errorf("it returned %v, %v", info, err)
		}
	})
}

func TestAwaitLeaderTellsWhyItGaveUp(t *testing.T) {
	for name, with := range map[string]struct {
		fault fault
		want  error
	}{
		"nobody leads":      {nil, leaderelection.ErrNoLeader},
		"the store fails":   {failing(errBroken), errBroken},
		"the store is mute": {blackHole, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCandidate(t, memstore.New(), "a")
				c.link.breaks(with.fault, read)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute+retry/2)
				defer cancel()

				_, err := c.AwaitLeader(ctx)

				if !errors.Is(err, with.want) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it returned %v, want %v and its ctx's error", err, with.want)
				}
			})
		})
	}
}

func TestAwaitLeaderReturnsWhatRetryingCannotMend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.breaks(failing(errPassword), read)

		if _, err := c.AwaitLeader(t.Context()); !errors.Is(err, errPassword) {
			t.Errorf("it returned %v, want the *ConfigurationError", err)
		}
	})
}
