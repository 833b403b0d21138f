package redisstore_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

const password = "s3cret-passw0rd"

// as returns the trial of a user who connects with these options.
func (t *trial) as(options *redis.Options) *trial {
	options.Addr, options.ContextTimeoutEnabled = t.server.Addr(), true
	return &trial{T: t.T, server: t.server, admin: t.admin, store: newStore(t, options), key: t.key}
}

// cannotStart expects Start to return an error that says all of this, and no password.
func (t *trial) cannotStart(says ...string) {
	t.Helper()
	r := t.startPatiently("candidate", patientTTL)
	select {
	case <-r.ended:
	case <-time.After(patience):
		t.Fatalf("Start goes on after %d failed attempts", len(r.all(leaderelection.AttemptFailed)))
	}
	t.expectHopeless("Start", r.err, says...)
}

func (t *trial) expectHopeless(what string, err error, says ...string) {
	t.Helper()
	if misconfigured(err) == nil {
		t.Fatalf("%s returned %v, want a ConfigurationError", what, err)
	}
	for _, word := range says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), password) {
		t.Errorf("%q tells the password", err)
	}
}

func TestF18Passwords(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.Run("none", func(sub *testing.T) {
			t.on(sub, "jobs").as(&redis.Options{}).cannotStart("asks for a password", "Password")
		})
		t.Run("a wrong one", func(sub *testing.T) {
			t.on(sub, "jobs").as(&redis.Options{Password: password}).cannotStart("WRONGPASS", "Password")
		})
		t.Run("a wrong one, with a name", func(sub *testing.T) {
			t.on(sub, "jobs").as(&redis.Options{Username: "nobody", Password: password}).cannotStart("WRONGPASS", "Username")
		})
		t.Run("a wrong one, by the older protocol", func(sub *testing.T) {
			t.on(sub, "jobs").as(&redis.Options{Password: password, Protocol: 2}).cannotStart("WRONGPASS", "Password")
		})
	}, redistest.WithConfig("requirepass", "another"))
}

func TestF18DatabaseThatIsNotThere(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.as(&redis.Options{DB: 99}).cannotStart("no database", "DB")
	})
}

// users lack one thing each, and may do everything else.
var users = []struct {
	key, rules string
	atOnce     bool // it shows before a script has changed anything
}{
	{"no-scripts", "~* &* +@all -evalsha -eval", true},
	{"no-evalsha", "~* &* +@all -evalsha", true},
	{"no-keys", "&* +@all", true},
	{"other-keys", "~other:* &* +@all", true},
	{"only-the-lock", "~only-the-lock &* +@all", true},
	{"keys-to-read-only", "%R~* &* +@all", true},
	{"no-writes", "~* &* +@all -@write", false},
	{"no-set", "~* &* +@all -set", false},
	{"no-hset", "~* &* +@all -hset", false},
	{"no-pexpire", "~* &* +@all -pexpire", false},
	{"no-time", "~* &* +@all -time", true},
	{"no-get", "~* &* +@all -get", true},
}

func TestF18MissingPermissions(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.server.AwaitUptime(2 * time.Second) // so that the first attempt is about to be granted
		for _, user := range users {
			t.Run(user.key, func(sub *testing.T) {
				t := t.on(sub, user.key)
				t.permit(user.rules)
				elector := t.as(&redis.Options{Username: "elector", Password: password})
				says := []string{"permission", "ACL SETUSER", `"` + user.key + `"`, `"{` + user.key + `}:term"`}
				c := elector.candidate("candidate", short)
				_, err := c.try(c.bidOf(newClaim()))
				t.expectHopeless("Acquire", err, says...)
				if user.atOnce {
					elector.cannotStart(says...)
				}
			})
		}
	})
}

func (t *trial) permit(rules string) {
	t.Helper()
	args := []any{"ACL", "SETUSER", "elector", "reset", "on", ">" + password}
	for rule := range strings.FieldsSeq(rules) {
		args = append(args, rule)
	}
	t.do(args...)
}

// What the election can do without only warns.
func TestF18PermissionsItCanDoWithout(t *testing.T) {
	onRedis(t, func(t *trial) {
		for rules, says := range map[string]string{
			"~* &* +@all -info":      "INFO",
			"~* &* +@all -publish":   "PUBLISH",
			"~* resetchannels +@all": "PUBLISH",
			"~* &* +@all -xadd":      "XADD",
			"~* &* +@all -zadd":      "ZADD",
		} {
			t.permit(rules)
			user := t.as(&redis.Options{Username: "elector", Password: password})
			l := user.candidate("leader", 100*time.Millisecond).win()
			if !strings.Contains(l.confirmed.Warning, says) {
				t.Errorf("%s: granted with warning %q, which does not say %q", rules, l.confirmed.Warning, says)
			}
			l.release()
		}
	})
}

// A password that is being rotated must not end a candidacy that has worked (F32).
func TestF18LaterItCountsAsAFaultThatPasses(t *testing.T) {
	onRedis(t, func(t *trial) {
		t.settled()
		t.permit("~* &* +@all")
		leader := t.as(&redis.Options{Username: "elector", Password: password}).start("leader", long).leads()
		term := leader.Term()
		t.permit("~* &* +@all -evalsha")
		leader.awaits(2, leaderelection.RenewalFailed)
		if leader.Term() != term {
			t.Errorf("term %d while the permission lacks, want %d", leader.Term(), term)
		}
		t.permit("~* &* +@all")
		leader.goesOn(term, "with the permission")
	})
}

func TestF18ServerWithoutACommand(t *testing.T) {
	t.Parallel()
	mini := redistest.StartMini(t)
	mini.Server().SetError("ERR unknown command 'evalsha', with args beginning with: '5fa1' '5' 'jobs' ")
	newTrial(t, mini).cannotStart("EVALSHA", `"jobs"`)
}

func TestCheckRefusesWhatCanNeverWork(t *testing.T) {
	t.Parallel()
	store := newStore(t, &redis.Options{Addr: "127.0.0.1:1"})
	for _, c := range []struct {
		what   string
		config leaderelection.Config
		says   string
	}{
		{"a long InstanceID", leaderelection.Config{InstanceID: strings.Repeat("x", 1025)}, "InstanceID"},
		{"a long Hostname", leaderelection.Config{InstanceID: "a", Hostname: strings.Repeat("x", 1025)}, "Hostname"},
		{"the lease as info key", leaderelection.Config{RedisKeyName: "a", RedisInfoKeyName: "{a}:lease"}, "RedisInfoKeyName"},
		{"the record as info key", leaderelection.Config{RedisKeyName: "{a}:b", RedisInfoKeyName: "{a}:b:term"}, "RedisInfoKeyName"},
		{"the history as info key", leaderelection.Config{RedisKeyName: "a", RedisInfoKeyName: "{a}:history"}, "RedisInfoKeyName"},
		{"the candidates as info key", leaderelection.Config{RedisKeyName: "a", RedisInfoKeyName: "{a}:candidates"}, "RedisInfoKeyName"},
	} {
		_, err := leaderelection.New(store, &c.config, leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: New returned %v, want an error that says %q", c.what, err, c.says)
		}
	}
	if _, err := leaderelection.New(store, &leaderelection.Config{InstanceID: strings.Repeat("x", 1024)}); err != nil {
		t.Errorf("an InstanceID of 1024 bytes: %v", err)
	}
}

// The longest names work, and are told.
func TestLongestNames(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		c := t.candidate(strings.Repeat("i", 1024), long)
		c.who.Hostname = strings.Repeat("h", 1024)
		l := c.win()
		l.renew("with long names")
		l.stands("with long names")
		info := leaderelection.LeaderInfo{InstanceID: c.who.ID, Hostname: strings.Repeat("\x01", 1024), Term: l.tenure.Term}
		for range 2 {
			if err := l.announce(info); err != nil {
				t.Errorf("Announce: %v", err)
			}
		}
		if a := t.candidate("follower", long).refused("long names"); a.Leader.Hostname != c.who.Hostname {
			t.Errorf("the host is told as %.20q", a.Leader.Hostname)
		}
	})
}

func TestEndedContextIsNoConfigurationError(t *testing.T) {
	each(t, func(t *trial) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := t.store.Read(ended, t.candidate("reader", short).who)
		if err == nil || misconfigured(err) != nil {
			t.Errorf("Read: %v", err)
		}
	})
}
