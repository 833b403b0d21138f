package redisstore_test

import (
	"encoding/json"
	"testing"
	"time"

	"example.com/leaderelection"
)

// older is a program that elects its leader as many do: by SET NX PX, GET and
// PEXPIRE on the one key, with its LeaderInfo beside it.
type older struct {
	*trial
	id string
}

func (o older) acquires(ttl time.Duration) bool {
	o.Helper()
	return o.do("SET", o.key, o.id, "NX", "PX", ttl.Milliseconds()) == "OK"
}

func (o older) announces(info leaderelection.LeaderInfo, ttl time.Duration) {
	o.Helper()
	text, err := json.Marshal(info)
	if err != nil {
		o.Fatal(err)
	}
	o.do("SET", o.key+":info", text, "PX", ttl.Milliseconds())
}

func TestF35OlderProgramsLockIsHonouredUntilItExpires(t *testing.T) {
	each(t, func(t *trial) {
		for _, when := range []string{"before any election of ours", "after one"} {
			// Given an older program that leads,
			program := older{t, "old-1"}
			var acquired time.Time
			eventually(t, "the older program's lock", func() bool {
				acquired = time.Now()
				return program.acquires(medium)
			})

			// when we take part, then we wait,
			newer := t.candidate("newer", short)
			a := newer.refused(when)
			if a.Verdict != leaderelection.Held || a.Leader == nil || a.Leader.InstanceID != "old-1" || a.Leader.Term != 0 {
				t.Errorf("%s: answered %v, leader %+v; want held by old-1", when, a.Verdict, a.Leader)
			}
			if newer.read().Verdict != leaderelection.Held {
				t.Errorf("%s: a reader sees nobody lead", when)
			}
			// also longer, when it extends its lock,
			acquired = time.Now()
			t.do("PEXPIRE", "jobs", medium.Milliseconds())

			// and take over after its expiry.
			for a := newer.acquire(newClaim()); a.Verdict != leaderelection.Granted; a = newer.acquire(newClaim()) {
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(acquired); took < medium-grain {
				t.Errorf("%s: took over %v after a lock of %v was extended", when, took, medium)
			}
		}
	})
}

func TestF35OlderProgramSeesAndHonoursOurs(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		program := older{t, "old-1"}
		if program.acquires(long) {
			t.Fatal("the older program got the lock while we lead")
		}
		if got := t.do("GET", "jobs"); got != "leader" {
			t.Errorf("the older program sees %v lead", got)
		}
		leader.renew("after the older program's attempt")
		leader.release()
		if !program.acquires(long) {
			t.Error("after our release the older program is still kept out")
		}
		leader.lost("while an older program leads")
		leader.release()
		if got := t.do("GET", "jobs"); got != "old-1" {
			t.Errorf("a late release has left %v in the older program's lock", got)
		}
	})
}

func TestF35OlderProgramsLeaderInfoIsShown(t *testing.T) {
	each(t, func(t *trial) {
		began := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
		program := older{t, "old-1"}
		program.acquires(long)
		program.announces(leaderelection.LeaderInfo{InstanceID: "old-1", Hostname: "old-host", StartedAt: began, LastHeartbeat: began}, long)
		reader := t.start("reader", short)

		info, err := reader.Leader(t.Context())
		if err != nil || info.InstanceID != "old-1" || info.Hostname != "old-host" || !info.StartedAt.Equal(began) || info.Term != 0 {
			t.Errorf("Leader: %+v, %v", info, err)
		}

		// What is announced of somebody else is not shown, nor what is no LeaderInfo.
		program.announces(leaderelection.LeaderInfo{InstanceID: "old-0", Hostname: "older-host", Term: 9}, long)
		for _, garbage := range []string{"", "\x00\xff not JSON"} {
			if garbage != "" {
				t.do("SET", "jobs:info", garbage)
			}
			info, err = reader.Leader(t.Context())
			if err != nil || info.InstanceID != "old-1" || info.Hostname != "" {
				t.Errorf("Leader beside strange info: %+v, %v", info, err)
			}
		}
	})
}

func TestF35LockWithoutExpiryIsHonoured(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		t.do("SET", "jobs", "by hand")
		c := t.candidate("candidate", short)
		for range 3 {
			a := c.refused("with a lock without expiry")
			if a.Remaining >= 0 || a.Leader == nil || a.Leader.InstanceID != "by hand" {
				t.Errorf("%v remaining of the lock of %+v, want less than 0", a.Remaining, a.Leader)
			}
			if read := c.read(); read.Remaining >= 0 {
				t.Errorf("a reader is told that %v remain", read.Remaining)
			}
			time.Sleep(short / 2)
		}
		if left := t.admin.PTTL(t.Context(), "jobs").Val(); left != -1 {
			t.Errorf("the lock expires in %v now", left)
		}
		t.do("DEL", "jobs")
		c.win()
	})
}

// Somebody deletes our L, and an older program takes it at once: two leaders until
// our next heartbeat, which then gives way.
func TestF35DeletedLockThatAnOlderProgramTook(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		t.do("DEL", "jobs")
		older{t, "old-1"}.acquires(long)
		leader.lost("with an older program's lock")
		if a := t.candidate("rival", short).refused("with an older program's lock"); a.Leader == nil || a.Leader.InstanceID != "old-1" {
			t.Errorf("led by %+v", a.Leader)
		}
		leader.release()
		if got := t.do("GET", "jobs"); got != "old-1" {
			t.Errorf("our release has left %v in the older program's lock", got)
		}
	})
}
