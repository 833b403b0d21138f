package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// rubbish is what may be found under a key that is not one of ours.
var rubbish = []struct {
	name    string
	command func(key string) []any
	isText  bool // of a length that a name has
}{
	{"a list", func(key string) []any { return []any{"RPUSH", key, "x"} }, false},
	{"a hash", func(key string) []any { return []any{"HSET", key, "field", "value"} }, false},
	{"a set", func(key string) []any { return []any{"SADD", key, "x"} }, false},
	{"a sorted set", func(key string) []any { return []any{"ZADD", key, 1, "x"} }, false},
	{"a stream", func(key string) []any { return []any{"XADD", key, "*", "field", "value"} }, false},
	{"binary", func(key string) []any { return []any{"SET", key, "\x00\xff\r\n{}\"'"} }, true},
	{"no JSON", func(key string) []any { return []any{"SET", key, "{not JSON"} }, true},
	{"a MiB", func(key string) []any { return []any{"SET", key, strings.Repeat("x", 1<<20)} }, false},
}

func misconfigured(err error) *leaderelection.ConfigurationError {
	configuration := (*leaderelection.ConfigurationError)(nil)
	errors.As(err, &configuration)
	return configuration
}

// put puts rubbish under a key and returns a check that it is still there.
func (t *trial) put(key string, command []any) (unharmed func(when string)) {
	t.Helper()
	_, err := t.admin.TxPipelined(t.Context(), func(tx redis.Pipeliner) error {
		tx.Del(t.Context(), key)
		return tx.Do(t.Context(), command...).Err()
	})
	if err != nil {
		t.Fatalf("%.60v: %v", command, err)
	}
	before := t.admin.Dump(t.Context(), key).Val()
	return func(when string) {
		t.Helper()
		if t.admin.Dump(t.Context(), key).Val() != before {
			t.Errorf("%s: what was under %q is not there any more", when, key)
		}
		if left := t.admin.PTTL(t.Context(), key).Val(); left != -1 {
			t.Errorf("%s: what is under %q expires in %v", when, key, left)
		}
	}
}

// expectNamed expects an error that retrying cannot mend, and that names the key.
func expectNamed(t testing.TB, what string, err error, key string) {
	t.Helper()
	if misconfigured(err) == nil || !strings.Contains(err.Error(), `"`+key+`"`) {
		t.Errorf("%s: %v; want a ConfigurationError that names %q", what, err, key)
	}
}

func TestF36RubbishUnderTheLeasesKeys(t *testing.T) {
	each(t, func(t *trial) {
		bystander := t.on(t.T, "others").settled().candidate("bystander", long).win()
		for _, key := range leaseKeys {
			for _, r := range rubbish {
				if r.name == "a hash" && key != "{jobs}:term" || !r.isText || key != "jobs" {
					t.rubbishUnder(key, r.name, r.command(key))
					bystander.renew("beside rubbish")
				}
			}
		}
		bystander.stands("beside rubbish")
		bystander.renew("beside rubbish")
	})
}

func (t *trial) rubbishUnder(key, name string, command []any) {
	t.Helper()
	name += " under " + key

	// Given rubbish before anybody has led,
	t.do("DEL", "jobs", "{jobs}:lease", "{jobs}:term")
	unharmed := t.put(key, command)
	c := t.candidate("candidate", 100*time.Millisecond)
	_, err := c.try(c.bidOf(newClaim()))
	expectNamed(t, "Acquire with "+name, err, key)
	unharmed("after an Acquire with " + name)

	// and while somebody leads,
	t.do("DEL", key)
	leader := t.settled().candidate("leader", long).win()
	unharmed = t.put(key, command)
	_, err = leader.tryRenew()
	expectNamed(t, "Renew with "+name, err, key)
	unharmed("after a Renew with " + name)
	_, err = c.try(c.bidOf(newClaim()))
	expectNamed(t, "Acquire while somebody leads with "+name, err, key)
	_, err = c.store.Read(t.Context(), c.who)
	expectNamed(t, "Read with "+name, err, key)
	unharmed("after an Acquire and a Read with " + name)

	// then the leader goes on when it has been cleared away,
	t.do("DEL", key)
	leader.renew("without " + name)
	leader.stands("without " + name)

	// and a release overwrites nothing either.
	unharmed = t.put(key, command)
	if err := leader.tryRelease(); err != nil {
		expectNamed(t, "Release with "+name, err, key)
	}
	unharmed("after a Release with " + name)
	t.do("DEL", key)
	leader.release()
}

// Any text under L is the lock of a program that we don't know.
func TestF36TextUnderLIsHonoured(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		for _, r := range rubbish {
			if !r.isText {
				continue
			}
			unharmed := t.put("jobs", r.command("jobs"))
			if a := t.candidate("candidate", long).refused("with " + r.name); a.Leader == nil {
				t.Errorf("with %s: nobody leads", r.name)
			}
			unharmed("after an Acquire with " + r.name)
			t.do("DEL", "jobs")
		}
	})
}

func TestF36RubbishUnderHistoryAndCandidatesOnlyWarns(t *testing.T) {
	each(t, func(t *trial) {
		for _, key := range []string{"{jobs}:history", "{jobs}:candidates"} {
			for _, r := range rubbish {
				if r.name == "a stream" && key == "{jobs}:history" || r.name == "a sorted set" && key == "{jobs}:candidates" {
					continue
				}
				unharmed := t.put(key, r.command(key))
				leader := t.candidate("leader", 100*time.Millisecond).win()
				if !strings.Contains(leader.confirmed.Warning, key) {
					t.Errorf("%s under %s: granted with warning %q", r.name, key, leader.confirmed.Warning)
				}
				leader.release()
				unharmedValue := t.admin.Exists(t.Context(), key).Val()
				if unharmedValue != 1 {
					t.Errorf("%s under %s is gone", r.name, key)
				}
				unharmed("after an election with " + r.name)
			}
			t.do("DEL", key)
		}
	})
}

func TestF36RubbishUnderTheInfoKey(t *testing.T) {
	each(t, func(t *trial) {
		leader := t.settled().candidate("leader", long).win()
		info := leaderelection.LeaderInfo{InstanceID: "leader", Term: leader.tenure.Term}
		for _, r := range rubbish {
			unharmed := t.put("jobs:info", r.command("jobs:info"))
			expectNamed(t, "Announce over "+r.name, leader.announce(info), "jobs:info")
			unharmed("after an Announce over " + r.name)
			leader.renew("with " + r.name + " under the info key")
		}
		last := t.put("jobs:info", rubbish[5].command("jobs:info"))
		expectNamed(t, "Retract over no JSON", leader.store.Retract(t.Context(), leader.tenure), "jobs:info")
		last("after a Retract")
		leader.release()

		t.do("DEL", "jobs:info")
		next := t.start("next", long).leads()
		unharmed := t.put("jobs:info", rubbish[0].command("jobs:info"))
		next.awaits(2, leaderelection.AnnounceFailed)
		next.goesOn(next.Term(), "with a list under the info key")
		unharmed("after announcements")
	})
}

func TestF36StartReturnsWhatCannotBeMended(t *testing.T) {
	each(t, func(t *trial) {
		for _, key := range leaseKeys {
			unharmed := t.put(key, []any{"RPUSH", key, "x"})
			r := t.start("candidate", short)
			select {
			case <-r.ended:
				expectNamed(t, "Start", r.err, key)
			case <-time.After(patience):
				t.Errorf("Start goes on with a list under %s", key)
			}
			unharmed("after Start")
			t.do("DEL", key)
		}
	})
}

func TestF36RubbishWhileLeadingEndsTheTermAtItsDeadlineOnly(t *testing.T) {
	each(t, func(t *trial) {
		r := t.settled().start("leader", long).leads()
		term := r.Term()
		t.put("{jobs}:lease", []any{"RPUSH", "{jobs}:lease", "x"})
		r.awaits(2, leaderelection.RenewalFailed)
		if r.Term() != term {
			t.Errorf("term %d after failed renewals, want %d", r.Term(), term)
		}
		t.do("DEL", "{jobs}:lease")
		r.goesOn(term, "when it was cleared away")
	})
}
