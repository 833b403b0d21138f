package redisstore_test

import (
	"strings"
	"testing"
	"time"
)

// tampers are what an operator may do to the expiry of a key.
var tampers = []struct {
	name    string
	command []any
}{
	{"PERSIST", nil},
	{"PEXPIRE of an hour", []any{time.Hour.Milliseconds()}},
}

func (t *trial) tamper(key string, more []any) {
	t.Helper()
	name := "PERSIST"
	if more != nil {
		name = "PEXPIRE"
	}
	if t.do(append([]any{name, key}, more...)...) != int64(1) {
		t.Fatalf("%s of %q had no effect", name, key)
	}
}

var leaseKeys = []string{"jobs", "{jobs}:lease", "{jobs}:term"}

func forEachTamper(t *testing.T, test func(t *trial, what string, tamper func())) {
	each(t, func(t *trial) {
		for _, tamper := range tampers {
			for _, key := range leaseKeys {
				what := tamper.name + " of " + key
				t.Run(what, func(sub *testing.T) {
					sub.Parallel()
					election := "jobs-" + strings.NewReplacer(" ", "-", "{", "", "}", "").Replace(what)
					key := strings.ReplaceAll(key, "jobs", election)
					t := t.on(sub, election)
					test(t, what, func() { t.tamper(key, tamper.command) })
				})
			}
		}
	})
}

func TestF39NoLeaseHasMoreLeftThanItsTTL(t *testing.T) {
	forEachTamper(t, func(t *trial, what string, tamper func()) {
		// Given a leader, a key of which lives too long, and which dies,
		leader := t.candidate("leader", medium).win()
		tamper()

		// then nobody succeeds it before its lease would have ended, and
		// somebody does when that has (win expects no more than it is told).
		follower := t.candidate("follower", medium)
		if a := follower.refused("after " + what); a.Remaining > medium {
			t.Errorf("%v of %v remaining", a.Remaining, medium)
		}
		follower.win().succeeds(leader)
	})
}

// The same, where nobody asks before the lease has ended: a lone instance that
// crashed and comes back.
func TestF39NobodyAsksBeforeTheLeaseHasEnded(t *testing.T) {
	forEachTamper(t, func(t *trial, what string, tamper func()) {
		if what == "PEXPIRE of an hour of jobs" {
			return // taken for another program's lock, until it expires
		}
		leader := t.candidate("leader", medium).win()
		tamper()
		leader.end()
		if a := t.candidate("other", medium).read(); a.Remaining < 0 || a.Remaining > medium {
			t.Errorf("%v of %v remaining", a.Remaining, medium)
		}
		t.candidate("leader", medium).win().succeeds(leader)
	})
}

func TestF39LeaderMendsTheExpiries(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		for _, tamper := range tampers {
			for _, key := range leaseKeys {
				t.tamper(key, tamper.command)
			}
			leader.renew("after " + tamper.name)
			for _, key := range leaseKeys[:2] {
				if left := t.admin.PTTL(t.Context(), key).Val(); left <= 0 || left > long {
					t.Errorf("after %s and a renewal %q lives for %v", tamper.name, key, left)
				}
			}
			if left := t.admin.PTTL(t.Context(), "{jobs}:term").Val(); left < 24*time.Hour {
				t.Errorf("after %s and a renewal the record lives for %v", tamper.name, left)
			}
		}
	})
}

// When the server's clock goes back by an hour, all that it holds lives an hour
// longer, and what it noted lies in the future.
func (t *trial) setClockBack(hour time.Duration) {
	t.Helper()
	for _, key := range leaseKeys {
		if left := t.admin.PTTL(t.Context(), key).Val(); left > 0 {
			t.do("PEXPIRE", key, (left + hour).Milliseconds())
		}
	}
	for _, field := range []string{"since", "not_before"} {
		if moment, err := t.admin.HGet(t.Context(), "{jobs}:term", field).Int64(); err == nil && moment > 0 {
			t.do("HSET", "{jobs}:term", field, number(moment+hour.Microseconds()))
		}
	}
	term, err := t.admin.HGet(t.Context(), "{jobs}:term", "term").Int64()
	if err != nil {
		t.Fatal(err)
	}
	t.do("HSET", "{jobs}:term", "term", number(term+hour.Microseconds()))
}

func TestF39ServersClockGoesBackAnHour(t *testing.T) {
	each(t, func(t *trial) {
		// Given a leader that dies as the clock goes back,
		t.settled()
		leader := t.candidate("leader", short).win()
		t.setClockBack(time.Hour)
		leader.tenure.Term += time.Hour.Microseconds()

		// then the next leads within a lease, in a higher term all the same.
		t.candidate("follower", short).refused("after the clock went back")
		next := t.candidate("follower", short).win()
		next.succeeds(leader)
		next.renew("in the past")
		next.release()
	})
}

func TestF39ClockGoesBackDuringAQuarantine(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", short).win()
		t.do("HSET", "{jobs}:term", "run", "another")
		t.candidate("follower", short).refused("by another server's record")
		t.setClockBack(time.Hour)
		if a := t.candidate("follower", short).refused("after the clock went back"); a.Remaining > short {
			t.Errorf("%v remaining", a.Remaining)
		}
		t.candidate("follower", short).win().succeeds(leader)
	})
}
