package redisstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// A client that goes on with the old password is let in no more. That is an outage:
// its term ends at the deadline, and it comes back when it is let in again.
func TestF18RotatedPasswordThatTheClientDoesNotLearnOf(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		t.permit("~* &* +@all")
		leader := t.as(&redis.Options{Username: "elector", Password: password}).start("leader", medium).leads()
		term := leader.Term()

		// As long as its connections last, nothing happens.
		t.do("ACL", "SETUSER", "elector", ">another")
		t.do("ACL", "SETUSER", "elector", "<"+password)
		leader.goesOn(term, "on connections that it has")

		before := len(leader.logged()) // a client may have found reason for one connection more
		t.do("CLIENT", "KILL", "USER", "elector")
		leader.awaits(1, leaderelection.TermEnded)
		ended := leader.all(leaderelection.TermEnded)[0]
		if leader.IsLeader() || ended.Term != term || !errors.Is(ended.Err, leaderelection.ErrLeaseExpired) {
			t.Errorf("leads %t; term %d ended by %v", leader.IsLeader(), ended.Term, ended.Err)
		}
		refused := leader.all(leaderelection.RenewalFailed)
		if !slices.ContainsFunc(refused, func(e leaderelection.Event) bool { return misconfigured(e.Err) != nil }) {
			t.Errorf("renewals failed by %v", refused)
		}
		leader.awaits(2, leaderelection.AttemptFailed)
		told := 0
		for line := range strings.Lines(leader.logged()[before:]) {
			if strings.Contains(line, "WRONGPASS") && !strings.Contains(line, "cannot publish") { // which is another matter
				told++
			}
		}
		if told > 1 || !strings.Contains(leader.logged(), "WRONGPASS") {
			t.Errorf("the log tells %d times of a wrong password, once connections are gone:\n%s", told, leader.logged())
		}

		t.do("ACL", "SETUSER", "elector", ">"+password)
		eventually(t, "another term", func() bool { return leader.Term() > term })
		leader.goesOn(leader.Term(), "with the password it knows")
	})
}
