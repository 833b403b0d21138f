package protocol

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// replyOf makes a reply of any shape: a value for each byte of shape, of the kind
// that the byte says; texts go to the strings in it, one line each.
func replyOf(shape []byte, texts string, n int64) any {
	lines := strings.Split(texts, "\n")
	values := make([]any, 0, len(shape))
	for _, kind := range shape {
		switch kind {
		case 's':
			text := ""
			if len(lines) > 0 {
				text, lines = lines[0], lines[1:]
			}
			values = append(values, text)
		case 'i':
			values = append(values, n)
		case 'n':
			values = append(values, nil)
		case 'a':
			return append(values, []any{values, texts})
		case 'b':
			values = append(values, n > 0)
		case 'f':
			values = append(values, float64(n))
		case 'm':
			values = append(values, map[any]any{texts: n})
		case '!':
			return texts // no array at all
		default:
			return nil
		}
	}
	return values
}

func FuzzParseState(f *testing.F) {
	add := func(fields ...string) { f.Add([]byte("sssssssssss"), strings.Join(fields, "\n"), int64(0)) }
	add("held", "9223372036854775807", "10000", "-1", "1700000000000001", "holder", "host", "9007199254740993", "1700000000000000", "1699999999999999", "careful")
	for _, verdict := range []string{"vacant", "granted", "quarantined", "lost", "GRANTED", "", "held "} {
		add(verdict, "0", "0", "0", "0", "", "", "0", "0", "0", "")
	}
	// The longest that fits into a Duration, and what a lock has left that somebody
	// set to expire in the year 292278994 (PEXPIREAT takes it).
	for _, ms := range []string{"9223372036854", "9223372036855", "18446744073709", "9223370273000000000", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e3"} {
		add("held", "1", ms, "1", "1", "holder", "host", "1", "1", "1", "")
		add("held", "1", "1", ms, "1", "holder", "host", "1", "1", "1", "")
		add("held", "1", "1", "1", ms, "holder", "host", "1", ms, ms, "")
	}
	add("held", "1", "1", "1", "1", "\xff\x00", "\xff", "1", "1", "1", "\xff")
	for _, shape := range []string{"", "!", "?", "s", "iiiiiiiiiii", "nnnnnnnnnnn", "bfmbfmbfmbf", "a", "ssssssssssa", "ssssssssss", "ssssssssssss", "sssssnsssss"} {
		f.Add([]byte(shape), "held\n1\n1\n1\n1\nholder\nhost\n1\n1\n1\n", int64(7))
	}

	f.Fuzz(func(t *testing.T, shape []byte, texts string, n int64) {
		reply := replyOf(shape, texts, n)
		state, err := parseState(reply)
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		fields, err := stringsOf(reply)
		if err != nil {
			t.Fatalf("%v was read as %+v, though %v", reply, state, err)
		}
		if state.Verdict.String() != fields[fieldVerdict] {
			t.Errorf("verdict %q became %v", fields[fieldVerdict], state.Verdict)
		}
		expectNumber(t, "Term", fields[fieldTerm], state.Term)
		expectNumber(t, "Now", fields[fieldNow], microsecondsOf(state.Now))
		expectDuration(t, "TTL", fields[fieldTTL], state.TTL)
		expectDuration(t, "Remaining", fields[fieldWait], state.Remaining)
		if (state.Leader == nil) != (fields[fieldHolder] == "") {
			t.Errorf("holder %q became %+v", fields[fieldHolder], state.Leader)
		}
		if leader := state.Leader; leader != nil {
			if leader.InstanceID != fields[fieldHolder] || leader.Hostname != fields[fieldHost] {
				t.Errorf("%q on %q became %+v", fields[fieldHolder], fields[fieldHost], leader)
			}
			expectNumber(t, "the leader's Term", fields[fieldHolderTerm], leader.Term)
			expectNumber(t, "StartedAt", fields[fieldSince], microsecondsOf(leader.StartedAt))
			expectNumber(t, "LastHeartbeat", fields[fieldBeat], microsecondsOf(leader.LastHeartbeat))
		}
	})
}

func microsecondsOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func expectNumber(t *testing.T, what, text string, got int64) {
	t.Helper()
	if want, err := strconv.ParseInt(text, 10, 64); err != nil || got != want {
		t.Errorf("%s: %q became %d", what, text, got)
	}
}

// A follower sleeps for what remains: of more milliseconds than a Duration can
// hold it must not make fewer, or none.
func expectDuration(t *testing.T, what, text string, got time.Duration) {
	t.Helper()
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Errorf("%s: %q became %v", what, text, got)
		return
	}
	const most = math.MaxInt64 / int64(time.Millisecond)
	if want := time.Duration(min(max(ms, -most), most)) * time.Millisecond; got != want {
		t.Errorf("%s: %d ms became %v, want %v", what, ms, got, want)
	}
}

// What is sent to the server is never shorter than what the leader believes.
func FuzzMilliseconds(f *testing.F) {
	for _, d := range []time.Duration{0, 1, time.Millisecond - 1, time.Millisecond, time.Millisecond + 1, 10 * time.Second, math.MaxInt64 - 1, math.MaxInt64} {
		f.Add(int64(d))
	}
	f.Fuzz(func(t *testing.T, ns int64) {
		if ns < 0 {
			return // Validate lets none through
		}
		text := milliseconds(time.Duration(ns))
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms != ns/1e6 && ms != ns/1e6+1 || ms == ns/1e6 && ns%1e6 != 0 {
			t.Errorf("%v became %s ms", time.Duration(ns), text)
		}
	})
}
