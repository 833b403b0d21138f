package redisstore_test

import (
	"testing"

	"example.com/leaderelection/internal/redistest"
)

// Sentinel makes a replica the primary, and the leader goes on there. The old one may
// live on as a replica, which refuses it.
func TestF13SentinelFailsOver(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*redistest.Sentinels){
		"its primary dies":        func(s *redistest.Sentinels) { s.Primary().Kill() },
		"an operator asks for it": (*redistest.Sentinels).Failover,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sentinels := redistest.StartSentinels(t, 1)
			options := sentinels.Options()
			options.Username, options.Password = minimalUser, password
			for _, server := range sentinels.Servers {
				server.PermitUser(minimalUser, minimalRules(t, "jobs", "jobs:info")...)
				server.PermitUser(minimalUser, moreRules(t, "role")...)
			}
			trial := &trial{T: t, store: newFailoverStore(t, options), key: "jobs"}
			leader := trial.settled().start("leader", long).leads()
			term := leader.Term()

			primary := sentinels.Primary()
			fail(sentinels)
			sentinels.AwaitPrimary(primary)
			leader.goesOn(term, "after the failover")
		})
	}
}
