package protocol

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

// aReply is one as a script sends it.
func aReply() []any {
	return []any{"held", "9223372036854775807", "10000", "-1", "1700000000000001", "holder", "host", "9007199254740993", "1700000000000000", "1699999999999999", "careful", "7",
		"-3", "alice", "heir", "1700000000000002", "1700000000000003", "bob", ""}
}

func TestReplyIsReadToTheLastDigit(t *testing.T) {
	t.Parallel()
	state, err := parseState(aReply())
	want := leaderelection.State{
		Verdict: leaderelection.Held, Term: 1<<63 - 1, TTL: 10 * time.Second, Remaining: -time.Millisecond,
		Now: time.UnixMicro(1700000000000001), Warning: "careful", Candidates: 7, Priority: -3,
	}
	leader, asked, pause := state.Leader, state.Asked, state.Pause
	state.Leader, state.Asked, state.Pause = nil, nil, nil
	if asked == nil || *asked != (leaderelection.StepDownError{By: "alice", To: "heir"}) {
		t.Errorf("asked: %+v", asked)
	}
	if pause == nil || pause.By != "bob" || !pause.Since.Equal(time.UnixMicro(1700000000000002)) || !pause.Until.Equal(time.UnixMicro(1700000000000003)) {
		t.Errorf("paused: %+v", pause)
	}
	if err != nil || state != want {
		t.Errorf("got %+v, %v; want %+v", state, err, want)
	}
	if leader == nil || leader.InstanceID != "holder" || leader.Hostname != "host" || leader.Term != 1<<53+1 ||
		!leader.StartedAt.Equal(time.UnixMicro(1700000000000000)) || !leader.LastHeartbeat.Equal(time.UnixMicro(1699999999999999)) {
		t.Errorf("led by %+v", leader)
	}
}

func TestReplyThatIsNoneIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	garbage := map[string]any{
		"nothing": nil, "a string": "OK", "a number": int64(1), "an empty array": []any{}, "a short array": aReply()[:10], "a long array": append(aReply(), ""),
	}
	for i := range fieldCount {
		for name, value := range map[string]any{"a number": int64(1), "nothing": nil, "an array": []any{}} {
			reply := aReply()
			reply[i] = value
			garbage[name+" as field "+decimal(int64(i))] = reply
		}
	}
	for _, i := range []int{fieldVerdict, fieldTerm, fieldTTL, fieldWait, fieldNow, fieldHolderTerm, fieldSince, fieldBeat, fieldCandidates, fieldPriority, fieldPauseSince, fieldPauseUntil} {
		for _, value := range []string{"", "x", "1.5", "1e3", "9223372036854775808", strings.Repeat("9", 1000)} {
			reply := aReply()
			reply[i] = value
			garbage[value+" as field "+decimal(int64(i))] = reply
		}
	}
	for name, reply := range garbage {
		if state, err := parseState(reply); err == nil {
			t.Errorf("%.60s: %+v, want an error", name, state)
		} else if len(err.Error()) > 200 {
			t.Errorf("%.60s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

func FuzzMoments(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(1700000000000001))
	f.Fuzz(func(t *testing.T, us int64) {
		if us < 0 || us > 1<<53 {
			return
		}
		if got := microseconds(moment(us)); got != decimal(us) {
			t.Errorf("%d became %s", us, got)
		}
	})
}

func TestDurationsAreRoundedUp(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0", 1: "1", time.Millisecond: "1", time.Millisecond + 1: "2", time.Hour: "3600000"} {
		if got := milliseconds(d); got != want {
			t.Errorf("%v became %s ms, want %s", d, got, want)
		}
	}
}
