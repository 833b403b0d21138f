package leaderelection_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection/memstore"
)

func TestPauseElectsNobodyUntilSomebodyResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").lead(t, untilCancelled).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		term := a.Term()

		state, err := operator(store).Pause(t.Context(), 0, false)
		if err != nil || state.Leader == nil || state.Leader.InstanceID != "a" {
			t.Fatalf("Pause = %+v, %v", state, err)
		}
		for range 24 {
			pass(time.Hour)
			a.mustNotLead(t)
			b.mustNotLead(t)
		}
		told := 0
		for _, message := range b.logs.at(slog.LevelWarn) {
			if strings.Contains(message, "paused") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("a day without a leader is told of %d times, want once", told)
		}

		if ended, err := operator(store).Resume(t.Context()); err != nil || !ended {
			t.Errorf("Resume = %t, %v", ended, err)
		}
		synctest.Wait()
		if a.Term()+b.Term() <= term {
			t.Error("nobody leads after the pause")
		}
		if ended, err := operator(store).Resume(t.Context()); err != nil || ended {
			t.Errorf("a second Resume = %t, %v", ended, err)
		}
	})
}

func TestPauseThatKeepsTheLeaderElectsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		a := newCandidate(t, store, "a").start(t).mustLead(t)
		b := newCandidate(t, store, "b").start(t)
		if _, err := operator(store).Pause(t.Context(), time.Hour, true); err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Minute)
		a.mustLead(t)
		if _, err := operator(store).StepDown(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "paused by alice") {
			t.Errorf("StepDown in a pause: %v", err)
		}
		a.crash()
		pass(29 * time.Minute)
		a.mustNotLead(t)
		b.mustNotLead(t)
		pass(time.Minute + retry)
		b.mustLead(t)
	})
}

func TestPauseOfLessThanNothing(t *testing.T) {
	if _, err := operator(memstore.New()).Pause(t.Context(), -1, false); err == nil {
		t.Error("a pause of -1ns was taken")
	}
}
