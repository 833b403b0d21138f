package redisstore_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/leaderelection"
)

func TestInspectShowsTheElection(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		inspect := func(terms int) leaderelection.Inspection {
			t.Helper()
			found, err := t.store.Inspect(t.Context(), t.key, terms)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		first := t.candidate("first", long).win()
		second := t.candidate("second", long)
		second.acquire("a claim")

		found := inspect(10)
		if found.Verdict != leaderelection.Held || found.Leader == nil || found.Leader.InstanceID != "first" || found.Term != first.tenure.Term {
			t.Errorf("%+v, led by %+v", found.State, found.Leader)
		}
		present := map[string]bool{}
		for _, candidate := range found.Present {
			present[candidate.ID] = true
			if left := candidate.Until.Sub(found.Now); left <= 0 || left > time.Hour {
				t.Errorf("%s counts as present for %v", candidate.ID, left)
			}
		}
		if len(present) != 1 || !present["second"] {
			t.Errorf("present: %v, want all but the leader", found.Present)
		}
		latest := found.Terms[0]
		if latest.Term != first.tenure.Term || latest.InstanceID != "first" || latest.Hostname != "host-of-first" || latest.Began.IsZero() || !latest.Ended.IsZero() {
			t.Errorf("the latest term: %+v", latest)
		}

		first.release()
		found = inspect(1)
		if found.Verdict != leaderelection.Vacant || len(found.Terms) != 1 {
			t.Fatalf("%+v, %d terms", found.State, len(found.Terms))
		}
		if ended := found.Terms[0]; ended.Term != latest.Term || ended.Reason != "tested" || ended.Ended.Before(ended.Began) || !ended.Began.Equal(latest.Began) {
			t.Errorf("after its end: %+v", ended)
		}
		if found := inspect(0); len(found.Terms) != 0 {
			t.Errorf("of no terms: %+v", found.Terms)
		}
	})
}

// What is not ours there says nothing of who leads.
func TestInspectToleratesGarbageBesideTheLease(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.candidate("first", long).win()
		for _, key := range []string{"history", "candidates"} {
			name := fmt.Sprintf("{%s}:%s", t.key, key)
			if err := t.admin.Del(t.Context(), name).Err(); err != nil {
				t.Fatal(err)
			}
			if err := t.admin.Set(t.Context(), name, "somebody else's", 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
		found, err := t.store.Inspect(t.Context(), t.key, 10)
		if err != nil || found.Leader == nil || len(found.Present) != 0 || len(found.Terms) != 0 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
