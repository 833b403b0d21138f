package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// without runs test on a real Redis that does not have some commands, as managed
// services and careful administrators have it. Its user is the default one: nobody
// can be permitted what there isn't.
func without(t *testing.T, commands []string, test func(*trial), opts ...redisstore.Option) {
	t.Helper()
	t.Run(strings.Join(commands, " "), func(t *testing.T) {
		t.Parallel()
		directives := make([]redistest.Option, 0, len(commands))
		for _, command := range commands {
			directives = append(directives, redistest.WithConfig("rename-command", command, ""))
		}
		server := redistest.Start(t, directives...)
		test(&trial{T: t, server: server, admin: server.Client(t), store: newStore(t, server.Options(), opts...), key: "jobs"})
	})
}

func TestF18MissingCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"EVAL", "EVALSHA", "TIME", "GET", "HMGET", "HDEL"} {
		without(t, []string{command}, func(t *trial) { t.cannotStart("lacks a command", `"jobs"`, "docs/redis.md") })
	}
	for _, command := range []string{"SET", "HSET", "PEXPIRE"} { // missed only by who is about to lead
		without(t, []string{command}, func(t *trial) {
			t.server.AwaitUptime(patientTTL + time.Second)
			t.cannotStart("lacks a command", `"jobs"`, "docs/redis.md")
		})
	}
	without(t, []string{"WAIT"}, func(t *trial) { t.cannotStart("WAIT", "WithReplicaAcks") }, redisstore.WithReplicaAcks(1, time.Second))
}

// What the election can do without only warns.
func TestF18CommandsItCanDoWithout(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"PUBLISH", "XADD", "ZADD"} {
		without(t, []string{command}, func(t *trial) { t.worksWithWarning(command) })
	}
	without(t, []string{"SUBSCRIBE"}, func(t *trial) { t.worksWithWarning("no wake-ups") })
	without(t, []string{"HELLO", "CLIENT", "COMMAND", "WAIT"}, func(t *trial) {
		leader := t.settled().startPatiently("leader", patientTTL).leads()
		leader.goesOn(leader.Term(), "without what is not needed")
		if warned := leader.all(leaderelection.Warned); len(warned) != 0 {
			t.Errorf("it warns: %v", warned)
		}
	})
}

// worksWithWarning expects elections to be won, renewed and handed over, and somebody
// to be told, once, what they have to do without.
func (t *trial) worksWithWarning(says string) {
	t.Helper()
	leader := t.startPatiently("leader", patientTTL).leads()
	leader.goesOn(leader.Term(), "without what warns")
	follower := t.startPatiently("follower", patientTTL)
	warnings := func() int {
		n := 0
		for _, log := range []string{leader.logged(), follower.logged()} {
			for line := range strings.Lines(log) {
				if strings.Contains(line, "level=WARN") && strings.Contains(line, says) {
					n++
				}
			}
		}
		return n
	}
	eventually(t, "a warning that says "+says, func() bool { return warnings() > 0 })
	if err := leader.Stop(); err != nil {
		t.Fatal(err)
	}
	follower.leads()
	follower.goesOn(follower.Term(), "after the handover")
	if n := warnings(); n > 2 {
		t.Errorf("the two are told %d times:\n%s%s", n, leader.logged(), follower.logged())
	}
}

// An INFO that says nothing of what it is asked for is none. Real servers refuse it.
func TestF18InfoThatTellsNothing(t *testing.T) {
	t.Parallel()
	t.Run("masked", func(t *testing.T) {
		t.Parallel()
		mini := redistest.StartMini(t)
		mini.Server().MaskInfo(true)
		newTrial(t, mini).worksWithWarning("INFO")
	})
	t.Run("refused", func(t *testing.T) {
		onRedis(t, func(t *trial) {
			t.server.RefuseInfo()
			t.worksWithWarning("INFO")
		})
	})
}
