package redisstore_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
)

var largeTerms = []int64{1, 9, 1<<53 - 2, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<60 - 1, 1 << 60, 1999999999999999999, 9199999999999999999, math.MaxInt64 - 3}

func TestTermsGrowWhereFloatingPointCannotTellThemApart(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		for _, term := range append(largeTerms, math.MaxInt64-1) {
			t.do("HSET", "{jobs}:term", "term", term, "seen", 0)
			l := t.candidate("leader", long).win()
			if l.tenure.Term <= term || term > 1<<53 && l.tenure.Term != term+1 {
				t.Errorf("term %d follows term %d", l.tenure.Term, term)
			}
			l.renew("its own term")
			l.stands("its own term")
			older := *l
			older.tenure.Term--
			older.lost("the term before")
			l.renew("after that of the term before")
			l.release()
		}
	})
}

func TestTermsGrowBeyondWhatTheCandidateHasSeen(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		const brief = 50 * time.Millisecond
		for _, term := range largeTerms {
			t.do("HSET", "{jobs}:term", "term", term, "seen", 0)
			l := t.candidate("informed", brief).thatHasSeen(term+1, brief).win()
			if l.tenure.Term <= term+1 {
				t.Errorf("term %d was granted to one who has seen term %d", l.tenure.Term, term+1)
			}
			l.release()
		}
	})
}

func TestLastTermOfAll(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.do("HSET", "{jobs}:term", "term", int64(math.MaxInt64))
		c := t.candidate("candidate", long)
		_, err := c.try(c.bidOf(newClaim()))
		expectNamed(t, "Acquire beyond the last term", err, "{jobs}:term")
		if n := t.do("EXISTS", "jobs", "{jobs}:lease"); n != int64(0) {
			t.Error("something was granted")
		}
		if a := c.read(); a.Verdict != leaderelection.Vacant || a.Term != math.MaxInt64 {
			t.Errorf("Read: %v, term %d", a.Verdict, a.Term)
		}
		if _, err := c.thatHasSeen(math.MaxInt64, short).try(c.bidOf(newClaim())); misconfigured(err) == nil {
			t.Errorf("Acquire having seen the last term: %v", err)
		}
	})
}

func TestNumbersOfTheRecordAsOthersWriteThem(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.do("HSET", "{jobs}:term", "term", "0000000000000000042", "seen", "007")
		if a := t.candidate("reader", long).read(); a.Term != 42 {
			t.Errorf("term %d, want 42", a.Term)
		}
		l := t.candidate("leader", long).win()
		l.renew("after leading zeros")

		for _, garbage := range []string{"", "x", "-1", "1.5", "1e3", " 1", "0x10", "9223372036854775808", "9999999999999999999", "10000000000000000000", strings.Repeat("1", 1000), "\x00"} {
			for _, field := range []string{"term", "seen", "since", "not_before", "ttl"} {
				if len(garbage) == 19 && field != "term" && field != "seen" {
					continue
				}
				value := t.do("HGET", "{jobs}:term", field)
				t.do("HSET", "{jobs}:term", field, garbage)
				what := fmt.Sprintf("with %s = %.30q", field, garbage)
				_, err := l.tryRenew()
				expectNamed(t, "Renew "+what, err, "{jobs}:term")
				_, err = l.try(l.bidOf(newClaim()))
				expectNamed(t, "Acquire "+what, err, "{jobs}:term")
				_, err = l.store.Read(t.Context(), l.who)
				expectNamed(t, "Read "+what, err, "{jobs}:term")
				if got := t.do("HGET", "{jobs}:term", field); got != garbage {
					t.Errorf("%s: it is %q now", what, got)
				}
				t.do("HSET", "{jobs}:term", field, value)
			}
		}
		l.renew("when it was mended")
	})
}

// A store that is not told when a term began must not write what it cannot read.
func TestRenewalWithoutSince(t *testing.T) {
	each(t, func(t *trial) {
		l := t.settled().candidate("leader", long).win()
		l.tenure.Since = time.Time{}
		t.do("FLUSHALL")
		l.renew("without Since")
		l.stands("without Since")
		l.renew("again")
	})
}

func FuzzRecord(f *testing.F) {
	for _, seed := range []string{"", "0", "42", "-1", "9223372036854775807", "1e309", "\x00\xff", strings.Repeat("9", 40)} {
		f.Add(seed, seed, seed, seed, seed)
	}
	t := miniTrial(f)
	f.Fuzz(func(tt *testing.T, term, seen, ttl, notBefore, claim string) {
		t := t.on(tt, "jobs")
		t.do("DEL", "jobs", "{jobs}:lease", "{jobs}:term")
		t.do("HSET", "{jobs}:term", "term", term, "seen", seen, "ttl", ttl, "not_before", notBefore, "claim", claim)
		c := t.candidate("candidate", 100*time.Millisecond)
		l := c.leaseOf("claim", answer{State: leaderelection.State{Term: 7}})
		before := t.admin.HGet(t.Context(), "{jobs}:term", "term").Val()
		for _, call := range []func() (answer, error){
			func() (answer, error) { return c.try(c.bidOf("claim")) },
			l.tryRenew,
			func() (answer, error) { return answer{}, l.tryRelease() },
			func() (answer, error) { return c.try(c.bidOf(newClaim())) },
		} {
			_, err := call()
			if configuration := (*leaderelection.ConfigurationError)(nil); err != nil && !errors.As(err, &configuration) {
				t.Errorf("the record's fields %q, %q, %q, %q, %q: %v", term, seen, ttl, notBefore, claim, err)
			}
		}
		if after := t.admin.HGet(t.Context(), "{jobs}:term", "term").Val(); len(after) == len(before) && after < before {
			t.Errorf("the term went from %s back to %s", before, after)
		}
	})
}
