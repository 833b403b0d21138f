package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// passing are answers of a server that will be well again, as servers put them.
var passing = []string{
	"LOADING Redis is loading the dataset in memory",
	"READONLY You can't write against a read only replica.",
	"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
	"NOREPLICAS Not enough good replicas to write.",
	"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
	"CLUSTERDOWN The cluster is down",
	"CLUSTERDOWN Hash slot not served",
	"TRYAGAIN Multiple keys request during rehashing of slot",
	"OOM command not allowed when used memory > 'maxmemory'.",
	"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
	"UNKILLABLE Sorry the script already executed write commands against the dataset.",
	"ERR max number of clients reached",
	"ERR something that nobody has heard of",
}

// expectUnknown expects an error that does not say that retrying is in vain.
func expectUnknown(t testing.TB, what string, err error, code string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), code) || misconfigured(err) != nil {
		t.Errorf("%s: %v; want an unknown outcome, %s", what, err, code)
	}
}

// failing expects what writes to fail, in a way that will pass. (A bid that is
// refused writes nothing that matters.)
func (l *lease) failing(code string) {
	l.Helper()
	_, err := l.tryRenew()
	expectUnknown(l, "Renew", err, code)
	expectUnknown(l, "Release", l.tryRelease(), code)
}

func TestF17FaultsThatPassAreUnknownOutcomes(t *testing.T) {
	t.Parallel()
	for _, message := range passing {
		code, _, _ := strings.Cut(message, " ")
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			mini := redistest.StartMini(t)
			trial := newTrial(t, mini)
			l := trial.settled().candidate("leader", long).win()

			mini.Server().SetError(message)
			l.failing(code)
			_, err := l.try(l.bidOf(newClaim()))
			expectUnknown(t, "Acquire", err, code)
			_, err = l.store.Read(t.Context(), l.who)
			expectUnknown(t, "Read", err, code)
			expectUnknown(t, "Announce", l.announce(leaderelection.LeaderInfo{InstanceID: "leader"}), code)

			mini.Server().SetError("")
			l.renew("when it has passed")
		})
	}
}

func TestF17ElectionGoesOnWhenTheFaultHasPassed(t *testing.T) {
	t.Parallel()
	for _, message := range passing {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			mini := redistest.StartMini(t)
			trial := newTrial(t, mini)

			// Given a fault from the start, Start goes on trying,
			mini.Server().SetError(message)
			leader := trial.start("leader", long/3)
			leader.awaits(2, leaderelection.AttemptFailed)
			mini.AwaitUptime(time.Hour)
			mini.Server().SetError("")
			term := leader.leads().Term()

			// and given one while it leads, it leads on, and renews when it has passed.
			mini.Server().SetError(message)
			leader.awaits(2, leaderelection.RenewalFailed)
			if leader.Term() != term {
				t.Errorf("term %d while renewals fail, want %d", leader.Term(), term)
			}
			mini.Server().SetError("")
			leader.goesOn(term, "when it has passed")
		})
	}
}

func TestF17LeaderStepsDownAtItsDeadline(t *testing.T) {
	t.Parallel()
	mini := redistest.StartMini(t)
	trial := newTrial(t, mini)
	leader := trial.start("leader", short).leads()
	term := leader.Term()

	mini.Server().SetError(passing[0])
	leader.awaits(1, leaderelection.TermEnded)
	if leader.IsLeader() || !errors.Is(leader.all(leaderelection.TermEnded)[0].Err, leaderelection.ErrLeaseExpired) {
		t.Errorf("leads %t, ended: %v", leader.IsLeader(), leader.all(leaderelection.TermEnded))
	}
	mini.Server().SetError("")
	eventually(t, "another term", func() bool { return leader.Term() > term })
}

func TestF17ReadOnlyReplica(t *testing.T) {
	onRedis(t, func(t *trial) {
		l := t.settled().candidate("leader", long).win()
		t.do("REPLICAOF", "127.0.0.1", "1")
		l.failing("READONLY")
		t.do("REPLICAOF", "NO", "ONE")
		l.renew("as a primary again")

		t.do("REPLICAOF", "127.0.0.1", "1")
		first := t.on(t.T, "others").candidate("first", long)
		_, err := first.try(first.bidOf(newClaim()))
		expectUnknown(t, "Acquire in another election", err, "READONLY")
	})
}

func TestF17TooFewReplicas(t *testing.T) {
	onRedis(t, func(t *trial) {
		l := t.settled().candidate("leader", long).win()
		t.do("CONFIG", "SET", "min-replicas-to-write", "1")
		before := t.dump()
		l.failing("NOREPLICAS")
		if t.dump() != before {
			t.Error("something has changed")
		}
		t.do("CONFIG", "SET", "min-replicas-to-write", "0")
		l.renew("when it needs none")

		l.release()
		t.do("CONFIG", "SET", "min-replicas-to-write", "1")
		_, err := l.try(l.bidOf(newClaim()))
		expectUnknown(t, "Acquire of a vacant lease", err, "NOREPLICAS")
	})
}

func TestF17BusyWithAScript(t *testing.T) {
	onRedis(t, func(t *trial) {
		l := t.settled().candidate("leader", long).win()
		t.do("CONFIG", "SET", "busy-reply-threshold", "1")
		busy := t.server.Client(t)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			busy.Eval(context.WithoutCancel(t.Context()), "while true do end", nil)
		}()
		eventually(t, "a busy server", func() bool {
			err := t.admin.Ping(t.Context()).Err()
			return err != nil && strings.HasPrefix(err.Error(), "BUSY")
		})
		l.failing("BUSY")
		eventually(t, "the end of the script", func() bool {
			_ = t.admin.ScriptKill(t.Context()).Err()
			return t.admin.Ping(t.Context()).Err() == nil
		})
		<-ended
		l.renew("when it is idle again")
	})
}

func TestF17ClusterWithoutSlots(t *testing.T) {
	onRedis(t, func(t *trial) {
		c := t.candidate("candidate", short)
		_, err := c.try(c.bidOf(newClaim()))
		expectUnknown(t, "Acquire", err, "CLUSTERDOWN")
	}, redistest.WithConfig("cluster-enabled", "yes"))
}

func TestF19ScriptsAreLoadedAgain(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		l := t.candidate("leader", long).win()
		calls := map[string]func(){
			"renew":   func() { l.renew("after SCRIPT FLUSH") },
			"read":    func() { l.read() },
			"acquire": func() { t.candidate("rival", long).refused("after SCRIPT FLUSH") },
			"announce": func() {
				if err := l.announce(leaderelection.LeaderInfo{InstanceID: "leader", Term: l.tenure.Term}); err != nil {
					t.Error(err)
				}
			},
		}
		for range 2 {
			for _, call := range calls {
				t.do("SCRIPT", "FLUSH")
				call()
			}
		}
		t.do("SCRIPT", "FLUSH")
		l.release()
		t.do("SCRIPT", "FLUSH")
		t.candidate("next", long).win()
	})
}
