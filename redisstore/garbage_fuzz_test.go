package redisstore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// ourRecord is a record as this library writes it, with what differs put behind:
// the last of two fields with one name counts.
func ourRecord(fields ...string) found {
	record := []string{"term=7", "claim=c", "holder=x", "host=h", "since=1700000000000000", "ttl=10000", "run=@", "not_before=0", "quarantine=0", "seen=0"}
	return found("h." + strings.Join(slices.Concat(record, fields), "\n"))
}

// registers are what the fuzzer begins with, and what a real Redis is tried with.
var registers = []register{
	{"-", "-", "-"},
	{"-", "-", ourRecord("claim=")},
	{"s.x", "s.c 10000", ourRecord()},
	{"shx", "shc 10000", ourRecord()},
	{"sycandidate", "syclaim 10000", ourRecord("claim=claim", "holder=candidate")},
	{"s.candidate", "-", ourRecord("claim=claim", "holder=candidate")},
	{"-", "s.c 10000", "-"},
	{"-", "-", ourRecord()},
	{"s.other", "s.c 10000", ourRecord()},
	{"s.", "-", "-"},
	{"s.", "-", ourRecord("holder=")},
	{"s.by hand", "-", ourRecord("claim=")},
	{"l.x", "-", "-"}, {"hhx", "-", "-"}, {"S.x", "-", "-"}, {"z.x", "-", "-"}, {"x.x", "-", "-"},
	{"-", "l.x", "-"}, {"-", "hha=1", "-"}, {"-", "S.x", "-"}, {"-", "z.x", "-"}, {"-", "x.x", "-"},
	{"-", "-", "l.x"}, {"-", "-", "s.7"}, {"-", "-", "S.x"}, {"-", "-", "z.x"}, {"-", "-", "x.x"}, {"-", "-", "h.field=value"},
	{"-", "s.", "-"}, {"-", "s.c", "-"}, {"-", "s.c ", "-"}, {"-", "s. 7", "-"}, {"-", "s.c 1e3", "-"}, {"-", "s.c 9999999999999", "-"}, {"-", "s.a\x00\xff\nb 10000", "-"},
	{"-", "s.c 0", "-"}, {"-", "s.c 00010", ourRecord()}, {"-", "s.c 999999999999", ourRecord()},
	{"s.\x00\xff\r\n{}\"'", "-", ourRecord("holder=\x00", "host=\xff", "claim=\xfe")},
	{found("s." + strings.Repeat("x", longestName)), "-", "-"}, {found("s." + strings.Repeat("x", longestName+1)), "-", "-"},
	{"-", found("s." + strings.Repeat("x", 2*longestName) + " 1"), "-"},
	{"-", "-", ourRecord("term=")}, {"-", "-", ourRecord("term=-1")}, {"-", "-", ourRecord("term=7.5")}, {"-", "-", ourRecord("term=nil")},
	{"-", "-", ourRecord("term=9223372036854775807")}, {"-", "-", ourRecord("term=9223372036854775806", "claim=")}, {"-", "-", ourRecord("term=9223372036854775808")},
	{"-", "-", ourRecord("term=9223372036854775807", "claim=")}, {"-", "-", ourRecord("seen=9223372036854775807", "claim=")},
	{"-", "-", ourRecord("seen=9223372036854775807")}, {"-", "-", ourRecord("seen=9999999999999999999")}, {"-", "-", ourRecord("term=0000000000000000007")},
	{"-", "-", ourRecord("ttl=999999999999")}, {"-", "-", ourRecord("ttl=1000000000000")}, {"-", "-", ourRecord("ttl=0")}, {"-", "-", ourRecord("ttl=")}, {"s.x", "-", ourRecord("ttl=0")},
	{"-", "-", ourRecord("not_before=9999999999999999", "quarantine=999999999999", "claim=")}, {"-", "-", ourRecord("not_before=9999999999999999", "claim=")},
	{"-", "-", ourRecord("since=9999999999999999")}, {"-", "-", ourRecord("since=99999999999999999")}, {"-", "-", ourRecord("quarantine=0x10")},
	{"-", "-", ourRecord("run=", "claim=")}, {"-", "-", ourRecord("run=another", "claim=")}, {"-", "-", ourRecord("run=another", "not_before=1", "quarantine=1")},
	{"-", "-", ourRecord("spent=claim ", "claim=")}, {"-", "-", ourRecord("spent=%d %s [", "claim=")}, {"-", "-", found("h.spent=" + strings.Repeat("x ", 5000))},
	{"-", "-", "h.run=@"}, {"-", "-", "h.term=7"}, {"-", "-", "h.claim=c"}, {"-", "-", "h.claim=c\nttl=10000"}, {"-", "-", "h.holder=x"}, {"s.x", "-", "h.claim=c\nholder=x"},
}

// FuzzTermRecord (F36): whatever is under the keys of an election, scripts answer
// with a State or name the key that holds garbage, and leave that as it is.
func FuzzTermRecord(f *testing.F) {
	for i, r := range registers {
		f.Add(string(r.lock), string(r.lease), string(r.record), int64(7), int64(i%3))
	}
	f.Add("-", "-", string(ourRecord("claim=claim", "holder=candidate")), int64(8), int64(0))
	f.Add("s.x", "s.c 10000", string(ourRecord()), int64(8), int64(9))
	f.Add("s.y", "s.c 10000", string(ourRecord()), int64(8), int64(1)<<62)
	mini := miniTrial(f)
	f.Fuzz(func(tt *testing.T, lock, lease, record string, term, seen int64) {
		if term <= 0 || seen < 0 {
			return // never made by a server
		}
		t := mini.on(tt, "jobs")
		t.beOld()
		t.tryAll(register{found(lock), found(lease), found(record)}, term, seen)
	})
}

// A real Redis has another Lua than the embedded one (F36).
func TestScriptsBearWhateverIsUnderTheirKeys(t *testing.T) {
	t.Parallel()
	trial := newTrial(t, redistest.Start(t))
	trial.beOld()
	for _, r := range registers {
		for _, seen := range []int64{0, 7, 1 << 62} {
			trial.tryAll(r, 7, seen)
			trial.tryAll(r, 8, seen)
		}
	}
}

// tryAll tries every call, each on the same register.
func (t *trial) tryAll(r register, term, seen int64) {
	t.Helper()
	r.record = found(strings.ReplaceAll(string(r.record), "run=@", "run="+t.serverName()))
	c := t.candidate("candidate", 100*time.Millisecond).thatHasSeen(seen, 100*time.Millisecond)
	l := c.leaseOf("claim", answer{State: leaderelection.State{Term: term, Now: time.UnixMicro(1700000000000000)}})
	_, _ = t.tryOn(r, "Read", c.readOnce)
	if a, err := t.tryOn(r, "Acquire", func() (answer, error) { return c.try(c.bidOf("new")) }); err == nil && a.Verdict == leaderelection.Granted {
		t.expectGrantedWell(r, a, seen)
	}
	if a, err := t.tryOn(r, "Renew", l.tryRenew); err == nil && a.Verdict == leaderelection.Granted {
		t.expectRenewedWell(r, a, term)
	}
	_, _ = t.tryOn(r, "Release", func() (answer, error) { return answer{}, l.tryRelease() })
}

// tryOn has the server hold r, and then calls. It expects an answer, or an error
// that names a key that holds garbage; and of garbage and of other programs' locks
// it expects that they are still there.
func (t *trial) tryOn(r register, what string, call func() (answer, error)) (answer, error) {
	t.Helper()
	held := []found{r.lock, r.lease, r.record}
	_, err := t.admin.Pipelined(t.Context(), func(tx redis.Pipeliner) error {
		tx.Del(t.Context(), "{jobs}:history", "{jobs}:candidates")
		for i, key := range leaseKeys {
			held[i].put(t, tx, key)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	garbage := r.garbage()
	sacred := garbage
	if r.foreignLock("candidate") {
		sacred = append(sacred, "jobs")
	}
	before := make(map[string]string)
	for _, key := range sacred {
		before[key] = t.holding(key)
	}

	a, err := call()
	if err != nil && !r.explains(err) {
		t.Errorf("%s on %q: %v; garbage is under %q", what, r, err, garbage)
	}
	if err == nil && what != "Release" {
		t.expectSensible(what, r, a)
	}
	for _, key := range sacred {
		if after := t.holding(key); after != before[key] {
			t.Errorf("%s on %q: %q held %s, and holds %s", what, r, key, before[key], after)
		}
	}
	return a, err
}

// explains reports whether an error says what is wrong with a register.
func (r register) explains(err error) bool {
	return namesOneOf(err, r.garbage()) || r.lastTermIsKnown() && strings.Contains(err.Error(), "has no term left")
}

func namesOneOf(err error, keys []string) bool {
	for _, key := range keys {
		if misconfigured(err) != nil && strings.Contains(err.Error(), `"`+key+`"`) {
			return true
		}
	}
	return false
}
