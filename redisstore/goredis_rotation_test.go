package redisstore_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// rotate has the server take another password of the elector's instead of the one
// it took, and ends the elector's connections, as happens sooner or later.
func (t *trial) rotate(from, to string) {
	t.Helper()
	t.do("ACL", "SETUSER", "elector", ">"+to)
	t.do("ACL", "SETUSER", "elector", "<"+from)
	t.do("CLIENT", "KILL", "USER", "elector")
}

func TestF18RotatedPasswordThatTheClientLearnsOf(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		t.permit("~* &* +@all")
		var current atomic.Value
		current.Store(password)
		elector := func() *trial {
			return t.as(&redis.Options{CredentialsProviderContext: func(context.Context) (string, string, error) {
				return "elector", current.Load().(string), nil
			}})
		}
		leader := elector().start("leader", long).leads()
		term := leader.Term()
		follower := elector().start("follower", long)
		eventually(t, "the subscription", func() bool { return t.subscribers(t.key) == 2 })

		for _, next := range []string{"second", "third"} {
			former := current.Swap(next).(string)
			t.rotate(former, next)
			leader.goesOn(term, "with the "+next+" password")
			eventually(t, "the subscription again", func() bool { return t.subscribers(t.key) == 2 })
		}
		if ends := leader.all(leaderelection.TermEnded); len(ends) != 0 {
			t.Errorf("terms ended: %v", ends)
		}
		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		follower.leads()
	})
}
