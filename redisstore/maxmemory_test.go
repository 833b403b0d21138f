package redisstore_test

import (
	"strings"
	"testing"

	"example.com/leaderelection"
)

func (t *trial) runOutOfMemory() {
	t.Helper()
	t.do("CONFIG", "SET", "maxmemory-policy", "noeviction")
	t.do("CONFIG", "SET", "maxmemory", "1")
	if err := t.admin.Set(t.Context(), "more", "data", 0).Err(); err == nil {
		t.Fatal("the server still has memory")
	}
}

func TestF16RenewalAndReleaseWorkAtMaxmemory(t *testing.T) {
	onRedis(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.runOutOfMemory()
		leader.renew("at maxmemory")
		leader.stands("at maxmemory")

		for _, lost := range []string{"jobs", "{jobs}:lease", "jobs {jobs}:lease", "{jobs}:term", "{jobs}:history {jobs}:candidates"} {
			t.admin.Del(t.Context(), strings.Fields(lost)...)
			leader.renew("at maxmemory, without " + lost)
			leader.stands("at maxmemory, without " + lost)
		}

		leader.release()
		if n := t.do("EXISTS", "jobs", "{jobs}:lease"); n != int64(0) {
			t.Errorf("%v keys of the lease are left after a release", n)
		}
		leader.lost("after its release")
	})
}

func TestF16ReleaseWorksAtMaxmemoryWhateverIsLost(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		for _, lost := range []string{"jobs", "{jobs}:lease", "jobs {jobs}:lease", "{jobs}:history"} {
			leader := t.candidate("leader", long).win()
			t.runOutOfMemory()
			t.admin.Del(t.Context(), strings.Fields(lost)...)
			leader.release()
			t.do("CONFIG", "SET", "maxmemory", "0")
			if read := leader.read(); read.Verdict != leaderelection.Vacant {
				t.Errorf("released without %s: %v", lost, read.Verdict)
			}
		}
	})
}

// A leader that died while the server has no memory left is succeeded, too.
func TestF16AcquireWorksAtMaxmemory(t *testing.T) {
	onRedis(t, func(t *trial) {
		leader := t.settled().candidate("leader", short).win()
		t.runOutOfMemory()
		next := t.candidate("follower", short).win()
		next.succeeds(leader)
		next.renew("at maxmemory")

		t.admin.Del(t.Context(), "jobs", "{jobs}:lease", "{jobs}:term")
		t.candidate("other", short).thatHasSeen(next.tenure.Term, short).quarantined("at maxmemory", 0, short)
		t.candidate("other", short).thatHasSeen(next.tenure.Term, short).win().succeeds(next)
	})
}

// dump is all the election's data.
func (t *trial) dump() string {
	t.Helper()
	var all strings.Builder
	for _, key := range []string{"jobs", "{jobs}:lease", "{jobs}:term", "{jobs}:history", "{jobs}:candidates", "jobs:info"} {
		all.WriteString(t.admin.Dump(t.Context(), key).Val() + "\n")
	}
	return all.String()
}

func TestF16ElectionGoesOnThroughMaxmemory(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		leader := t.start("leader", long).leads()
		term := leader.Term()
		t.runOutOfMemory()
		leader.goesOn(term, "at maxmemory")
		if err := leader.Stop(); err != nil {
			t.Error(err)
		}
		t.start("next", long).leads()
	})
}
