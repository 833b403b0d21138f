package leaderelection_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

func sameInfo(a, b leaderelection.LeaderInfo) bool {
	return a.InstanceID == b.InstanceID && a.Hostname == b.Hostname && a.Term == b.Term &&
		a.StartedAt.Equal(b.StartedAt) && a.LastHeartbeat.Equal(b.LastHeartbeat)
}

// FuzzLeaderInfoJSON: what is announced is read as it was meant, whatever people
// call their instances; and what was read once can be written and read again.
func FuzzLeaderInfoJSON(f *testing.F) {
	f.Add("", "", int64(0), int64(0), int64(0), "")
	f.Add("me", "here", int64(1700000000000001), int64(1), int64(1)<<53+1, `{"instance_id":"me","hostname":"here","started_at":"2026-01-02T03:04:05Z","last_heartbeat":"2026-01-02T03:04:06Z","term":7}`)
	f.Add("\x00\xff", `"},{`, int64(-1), int64(1)<<53, int64(-1)<<63, `{"INSTANCE_ID":"me","started_at":"0000-01-01T00:00:00+23:59"}`)
	f.Add("<script>\u2028", "замок", int64(1)<<62, int64(-1)<<62, int64(1<<63-1), `{"term":1.5}`)
	f.Add("", "", int64(0), int64(0), int64(0), `{"started_at":"9999-12-31T23:59:59.999999999-23:59"}`)
	f.Add("", "", int64(0), int64(0), int64(0), "null")
	f.Add("", "", int64(0), int64(0), int64(0), strings.Repeat("[", 20000))
	f.Fuzz(func(t *testing.T, id, host string, since, beat, term int64, text string) {
		info := leaderelection.LeaderInfo{InstanceID: id, Hostname: host, Term: term}
		if since >= 0 && since < 1<<53 && beat >= 0 && beat < 1<<53 { // until the year 2255
			info.StartedAt, info.LastHeartbeat = time.UnixMicro(since), time.UnixMicro(beat)
		}
		want := info
		want.InstanceID, want.Hostname = readable(id), readable(host)
		if got := throughJSON(t, info); !sameInfo(got, want) {
			t.Errorf("%+v became %+v", info, got)
		}

		var read leaderelection.LeaderInfo
		if json.Unmarshal([]byte(text), &read) == nil && writable(read) {
			if got := throughJSON(t, read); !sameInfo(got, read) {
				t.Errorf("%q was read as %+v first, then as %+v", text, read, got)
			}
		}
	})
}

// writable: encoding/json reads times that it cannot write, such as those 24 hours
// from UTC.
func writable(info leaderelection.LeaderInfo) bool {
	_, err := json.Marshal(info)
	return err == nil
}

// readable is what JSON makes of a name that is not UTF-8.
func readable(name string) string {
	runes := []rune(name) // each byte that is not valid becomes one
	return string(runes)
}

func throughJSON(t *testing.T, info leaderelection.LeaderInfo) (got leaderelection.LeaderInfo) {
	t.Helper()
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatalf("%+v cannot be announced: %v", info, err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s cannot be read: %v", text, err)
	}
	return got
}
