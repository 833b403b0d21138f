package redisstore_test

import (
	"strconv"
	"testing"
	"time"
)

// history returns the entries of an event, oldest first.
func (t *trial) history(event string) []map[string]any {
	t.Helper()
	messages, err := t.admin.XRange(t.Context(), "{"+t.key+"}:history", "-", "+").Result()
	if err != nil {
		t.Fatalf("reading the history: %v", err)
	}
	var entries []map[string]any
	for _, message := range messages {
		if message.Values["event"] == event {
			entries = append(entries, message.Values)
		}
	}
	return entries
}

// newest expects the newest entry of an event to say this much.
func (t *trial) newest(event string, want map[string]any) {
	t.Helper()
	entries := t.history(event)
	if len(entries) == 0 {
		t.Errorf("no %q in the history", event)
		return
	}
	for field, value := range want {
		if got := entries[len(entries)-1][field]; got != value {
			t.Errorf("the history's last %q has %s = %v, want %v", event, field, got, value)
		}
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func TestHistoryTellsBeginningsAndEnds(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		first := t.candidate("first", short).win()
		t.newest("begin", map[string]any{"term": number(first.tenure.Term), "holder": "first", "host": "host-of-first"})

		first.end()
		second := t.candidate("second", long).win()
		t.newest("end", map[string]any{"term": number(first.tenure.Term), "holder": "first", "reason": "expired"})

		second.release()
		t.newest("end", map[string]any{"term": number(second.tenure.Term), "holder": "second", "reason": "tested"})
		if begun, ended := len(t.history("begin")), len(t.history("end")); begun != 3 || ended != 3 {
			t.Errorf("%d terms have begun and %d ended, want 3 of each", begun, ended)
		}
	})
}

func TestCandidatesAreThoseThatTakePart(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.do("ZADD", "{jobs}:candidates", 1, "long gone")
		t.candidate("leader", long).win()
		t.candidate("follower", long).refused("while somebody leads")

		before := time.Now().UnixMilli()
		names := map[string]bool{}
		for _, z := range t.admin.ZRangeWithScores(t.Context(), "{jobs}:candidates", 0, -1).Val() {
			names[z.Member.(string)] = true
			if until := int64(z.Score); z.Member == "follower" && until <= before {
				t.Errorf("%v is present until %d, which is over", z.Member, until)
			}
		}
		if len(names) != 1 || !names["follower"] {
			t.Errorf("candidates: %v, want all but the leader and who is gone", names)
		}
	})
}

// Elections with made-up names must not fill a Redis.
func TestEverythingExpires(t *testing.T) {
	each(t, func(t *trial) {
		l := t.settled().candidate("leader", long).win()
		check := func(when string) {
			t.Helper()
			keys := t.admin.Keys(t.Context(), "*").Val()
			if len(keys) < 3 {
				t.Errorf("%s: only %q", when, keys)
			}
			for _, key := range keys {
				if left := t.admin.PTTL(t.Context(), key).Val(); left <= 0 {
					t.Errorf("%s: %q never expires (%v)", when, key, left)
				}
			}
		}
		check("after a grant")
		l.renew("while it leads")
		check("after a renewal")
		t.do("FLUSHALL")
		l.renew("after FLUSHALL")
		check("after a restoration")
		t.do("FLUSHALL")
		t.candidate("rival", long).refused("after FLUSHALL")
		t.candidate("rival", long).refused("after FLUSHALL")
		l.renew("after FLUSHALL")
		l.release()
		check("after a release")
		t.do("FLUSHALL")
		l.release()
		if left := t.admin.PTTL(t.Context(), "{jobs}:term").Val(); left <= 0 {
			t.Errorf("after a late release the record never expires (%v)", left)
		}
	})
}
