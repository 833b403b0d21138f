package redisstore_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

// announcements are what may be found under RedisInfoKeyName.
var announcements = []string{
	"", "null", "{}", `{"term":5}`, "[]", "7", `"old"`, "{not JSON", "\x00\xff",
	`{"instance_id":"old","hostname":"its-host","started_at":"2026-01-02T03:04:05Z","last_heartbeat":"2026-01-02T03:04:06+02:00","term":99}`,
	`{"instance_id":"old","term":-1}`, `{"instance_id":"old","term":9223372036854775808}`, `{"instance_id":"old","term":1e3}`, `{"instance_id":"old","term":"7"}`,
	`{"instance_id":"old","started_at":"0000-01-01T00:00:00+24:59"}`, `{"instance_id":"old","started_at":0}`, `{"instance_id":"old","started_at":"yesterday"}`, `{"INSTANCE_ID":"old","Hostname":"its-host"}`,
	`{"instance_id":["old"]}`, `{"instance_id":"older","hostname":"another"}`, `{"instance_id":"old","instance_id":"older","hostname":"twice"}`,
	`{"instance_id":"old","hostname":"\"term\":99999999999999999999"}`, `{"instance_id":"old","hostname":"` + strings.Repeat("x", 20000) + `"}`,
	strings.Repeat("[", 20000), `{"instance_id":"old"} and more`,
}

// FuzzForeignLeaderInfo (F35, F36): what somebody else announces may tell more of
// the leader that L names, and changes nothing else.
func FuzzForeignLeaderInfo(f *testing.F) {
	for _, text := range announcements {
		f.Add(text)
	}
	mini := miniTrial(f)
	f.Fuzz(func(tt *testing.T, text string) {
		t := mini.on(tt, "jobs")
		t.do("DEL", "{jobs}:lease", "{jobs}:term")
		t.do("SET", "jobs", "old", "PX", time.Hour.Milliseconds())
		t.do("SET", "jobs:info", text)
		a, err := t.candidate("reader", long).readOnce()
		if err != nil || a.Verdict != leaderelection.Held || a.Leader == nil || a.Leader.InstanceID != "old" || a.Leader.Term != 0 {
			t.Fatalf("beside %q: %v, %v, leader %+v; want held by old", text, err, a.Verdict, a.Leader)
		}
		var told leaderelection.LeaderInfo
		if !writable(*a.Leader) {
			t.Errorf("of %q came %+v, which is no JSON any more", text, a.Leader)
		}
		if json.Unmarshal([]byte(text), &told) != nil || told.InstanceID != "old" || !writable(told) {
			told = leaderelection.LeaderInfo{InstanceID: "old"}
		}
		told.Term = 0
		if a.Leader.Hostname != told.Hostname || !a.Leader.StartedAt.Equal(told.StartedAt) || !a.Leader.LastHeartbeat.Equal(told.LastHeartbeat) {
			t.Errorf("beside %q: led by %+v, want %+v", text, a.Leader, told)
		}
	})
}

// FuzzAnnounceOver (F36): an announcement takes the place of one of a term that is
// not higher, and of nothing else.
func FuzzAnnounceOver(f *testing.F) {
	for _, text := range announcements {
		f.Add(text, "", "", int64(0), int64(7))
	}
	for _, name := range []string{"", "me", `","term":99,"x":"`, `"term":99`, "\x00\xff\u2028<&>", strings.Repeat("\x01", 1024)} {
		for _, term := range []int64{0, 6, 7, 8, 10, -1, 1 << 62, -1 << 63} {
			f.Add("", name, name, term, int64(7))
		}
	}
	mini := miniTrial(f)
	f.Fuzz(func(tt *testing.T, text, id, host string, term, ours int64) {
		if ours <= 0 || len(id) > 1024 || len(host) > 1024 {
			return // what no server grants, and Check refuses
		}
		t := mini.on(tt, "jobs")
		l := t.candidate("leader", long).leaseOf("claim", answer{State: leaderelection.State{Term: ours}})
		earlier := leaderelection.LeaderInfo{InstanceID: id, Hostname: host, Term: term}
		isOurs := text == ""
		if isOurs { // then what another of this library has announced
			text = marshalled(t, earlier)
		}
		mine := marshalled(t, l.info())
		for what, call := range map[string]func() error{
			mine: func() error { return l.announce(l.info()) },
			"":   func() error { return l.store.Retract(t.Context(), l.tenure) },
		} {
			t.do("SET", "jobs:info", text)
			err := call()
			after := t.admin.Get(t.Context(), "jobs:info").Val()
			replaced := after == what && after != text
			switch {
			case err == nil && !replaced && after != text:
				t.Errorf("over %q: there is %q", text, after)
			case err != nil && (!namesOneOf(err, []string{"jobs:info"}) || after != text || isOurs):
				t.Errorf("over %q: %v, and there is %q", text, err, after)
			case !strings.Contains(text, `"instance_id"`) && err == nil:
				t.Errorf("over %q, which is no LeaderInfo, there is %q", text, after)
			case isOurs && what == mine && replaced != (term <= ours) && text != mine:
				t.Errorf("term %d announced itself over %d: %q became %q", ours, term, text, after)
			case isOurs && what == "" && replaced != (term == ours):
				t.Errorf("term %d retracted what %d had announced: %q became %q", ours, term, text, after)
			}
		}
	})
}

// writable: encoding/json reads times that it cannot write, such as those 24 hours
// from UTC. Whoever serves them as JSON would get an error.
func writable(info leaderelection.LeaderInfo) bool {
	_, err := json.Marshal(info)
	return err == nil
}

func marshalled(t *trial, info leaderelection.LeaderInfo) string {
	t.Helper()
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
