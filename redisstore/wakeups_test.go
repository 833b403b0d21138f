package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// A user who may not subscribe takes part all the same, is told so, and does not
// hammer Redis with subscriptions.
func TestF18WithoutWakeUpsFollowersAreTold(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.do("ACL", "SETUSER", "deaf", "on", ">"+password, "~*", "resetchannels", "+@all")
		deaf := t.as(&redis.Options{Username: "deaf", Password: password})
		t.settled().start("leader", medium).leads()
		follower := deaf.start("follower", medium)
		eventually(t.T, "the warning", func() bool {
			for _, warned := range follower.all(leaderelection.Warned) {
				if strings.Contains(warned.Err.Error(), `no wake-ups: Redis has not confirmed the subscription to "{jobs}:events:follower"`) {
					return true
				}
			}
			return false
		})
		asked := t.subscriptions()
		if asked == 0 {
			t.Error("nobody tried to subscribe")
		}
		time.Sleep(time.Second)
		if n := t.subscriptions() - asked; n > 20 {
			t.Errorf("it tried to subscribe %d times in a second", n)
		}

		t.do("ACL", "SETUSER", "deaf", "allchannels")
		eventually(t.T, "a subscription once it is permitted", func() bool { return t.subscribers(t.key) == 2 }) // the leader has one too
	})
}

// subscriptions is how often anybody has tried to subscribe who may not.
func (t *trial) subscriptions() (n int) {
	t.Helper()
	for _, entry := range t.admin.Do(t.Context(), "ACL", "LOG", "1000").Val().([]any) {
		fields := entry.(map[any]any)
		if fields["reason"] == "channel" {
			n += int(fields["count"].(int64))
		}
	}
	return n
}
