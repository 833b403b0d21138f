package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// A bid that the client sends again is told what it was granted (F07), but not after
// another program has taken the lock meanwhile (F35): its leader would be the second.
func TestRepeatedBidIsNotGrantedBesideAnotherProgramsLock(t *testing.T) {
	each(t, func(t *trial) {
		c := t.settled().candidate("candidate", long)
		claim := newClaim()
		if first := c.acquire(claim); first.Verdict != leaderelection.Granted {
			t.Fatalf("the first time: %v", first.Verdict)
		}
		t.do("DEL", "jobs")
		older{t, "old-1"}.acquires(long)
		if again := c.acquire(claim); again.Verdict == leaderelection.Granted {
			t.Errorf("granted to candidate, while the answer says that it is led by %+v", again.Leader)
		}
		if got := t.do("GET", "jobs"); got != "old-1" {
			t.Errorf("the other program's lock holds %v", got)
		}
	})
}

// What JSON cannot hold is not announced, and said so.
func TestATimeThatJSONCannotHoldIsNotAnnounced(t *testing.T) {
	t.Parallel()
	info := leaderelection.LeaderInfo{StartedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	err := newStore(t, &redis.Options{Addr: "127.0.0.1:1"}).Announce(t.Context(), leaderelection.Tenure{}, info)
	if err == nil || misconfigured(err) != nil || !strings.Contains(err.Error(), "LeaderInfo") {
		t.Errorf("Announce: %v, want an error about LeaderInfo", err)
	}
}
