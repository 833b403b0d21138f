package doctor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

func TestEviction(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("maxmemory", "100mb"))
	admin := server.Client(t)
	for policy, want := range map[string]struct {
		status Status
		says   string
	}{
		"noeviction":   {OK, "nothing is evicted"},
		"allkeys-lru":  {Warn, "any key"},
		"volatile-lru": {Warn, "has an expiry"},
		"volatile-ttl": {Warn, "before all else"},
	} {
		if err := admin.ConfigSet(t.Context(), "maxmemory-policy", policy).Err(); err != nil {
			t.Fatal(err)
		}
		found := gathered(t, server, eviction)
		found.is("it", want.status, want.says)
	}
	admin.ConfigSet(t.Context(), "maxmemory", "0")
	gathered(t, server, eviction).is("it", OK, "not set")
}

func TestKeysThatWereEvicted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("maxmemory", "2mb"), redistest.WithConfig("maxmemory-policy", "allkeys-random"))
	admin := server.Client(t)
	for n := range 300 {
		admin.Set(t.Context(), fmt.Sprint("filler:", n), strings.Repeat("x", 10_000), 0)
	}
	examine(t, server.Client(t)).is("eviction", Warn, "keys were evicted", "waits for one TTL")
}

// Where nobody tells of evictions, one may make two leaders.
func TestEvictionThatNobodyTellsOf(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]Status{"allkeys-lru": Fail, "noeviction": OK} {
		judged(t, func(e *exam, r *Result) { eviction(t.Context(), e, r) }, func(e *exam) {
			e.info = map[string]string{"maxmemory": "1000", "maxmemory_policy": policy}
		}).is("it", want)
	}
	judged(t, func(e *exam, r *Result) { eviction(t.Context(), e, r) }, func(*exam) {}).is("it", Warn, "not known")
}

// gathered is what one check says of a server that is in order otherwise.
func gathered(t *testing.T, server *redistest.Server, check func(context.Context, *exam, *Result)) findings {
	t.Helper()
	p := Patient{Client: server.Client(t), Config: config()}
	if err := p.Config.Validate(); err != nil {
		t.Fatal(err)
	}
	e, r := newExam(p), Result{Check: "it", Status: OK}
	if err := e.find(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.gather(t.Context())
	check(t.Context(), e, &r)
	return findings{t, map[string]Result{"it": r}}
}

func TestPersistence(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client(t)
	gathered(t, server, persistence).is("it", OK, "none", "one TTL (10s)")
	admin.ConfigSet(t.Context(), "save", "3600 1")
	gathered(t, server, persistence).is("it", OK, "snapshots (save 3600 1)")
	gathered(t, redistest.Start(t, redistest.WithAOF()), persistence).is("it", OK, "AOF")

	judge := func(info map[string]string) findings {
		return judged(t, func(e *exam, r *Result) { persistence(t.Context(), e, r) }, func(e *exam) { e.info = info })
	}
	judge(nil).is("it", Warn, "not known")
	judge(map[string]string{"aof_enabled": "1", "aof_last_write_status": "err"}).is("it", Warn, "MISCONF")
	judge(map[string]string{"aof_enabled": "1", "rdb_last_bgsave_status": "err"}).is("it", Warn, "MISCONF")
}

func TestReplication(t *testing.T) {
	t.Parallel()
	primary, replica := redistest.Start(t, redistest.WithConfig("repl-diskless-sync-delay", "0")), redistest.Start(t)
	gathered(t, primary, replication).is("it", OK, "no replica")
	set := func(name, value string) {
		t.Helper()
		if err := primary.Client(t).ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	set("min-replicas-to-write", "1")
	gathered(t, primary, replication).is("it", Fail, "NOREPLICAS")
	set("min-replicas-to-write", "0")

	host, port, _ := strings.Cut(primary.Addr(), ":")
	if err := replica.Client(t).ReplicaOf(t.Context(), host, port).Err(); err != nil {
		t.Fatal(err)
	}
	admin := primary.Client(t)
	for late := time.Now().Add(20 * time.Second); !strings.Contains(admin.Info(t.Context(), "replication").Val(), "state=online"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the replica never came")
		}
	}
	found := examine(t, primary.Client(t))
	found.is("replication", Warn, "1 replica", "WithReplicaAcks", "min-replicas-to-write 1")
	found.allAreOK("replication")
	set("min-replicas-to-write", "1")
	gathered(t, primary, replication).is("it", Warn, "up to 12 s", "min-replicas-max-lag 1")
	set("min-replicas-max-lag", "1")
	gathered(t, primary, replication).is("it", OK, "within 3 s")

	found = examine(t, replica.Client(t))
	found.is("topology", Fail, "a replica (of "+primary.Addr()+")", "connect to the primary")
	found.is("permissions", Fail, "READONLY")
	found.is("election", Warn, "not known")
	found.isOK("round-trip", "PING")
	found.is("replication", OK, "in step")
}

func TestReplicasThatAreNotInOrder(t *testing.T) {
	t.Parallel()
	for replica, says := range map[string]string{
		"ip=10.0.0.1,port=6379,state=wait_bgsave,offset=0,lag=0": "not in step",
		"ip=10.0.0.1,port=6379,state=online,offset=12,lag=9":     "9 s ago",
	} {
		judged(t, func(e *exam, r *Result) { lagging(e, r, 1) }, func(e *exam) { e.info = map[string]string{"slave0": replica} }).
			is("it", Warn, "10.0.0.1:6379", says)
	}
	judged(t, func(e *exam, r *Result) { replication(t.Context(), e, r) }, func(e *exam) {
		e.info = map[string]string{"connected_slaves": "0", "role": "slave", "master_link_status": "down"}
	}).is("it", Warn, "lost its primary")
}

func TestKeysOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		spoil  []any
		status Status
		says   string
		nobody bool // leads, for it
	}{
		{"lock", []any{"RPUSH", lock, "x"}, Fail, `"jobs:lock" holds no string but a list`, true},
		{"lease", []any{"RPUSH", "{jobs:lock}:lease", "x"}, Fail, "holds no string but a list", true},
		{"record", []any{"SET", "{jobs:lock}:term", "x"}, Fail, "holds no hash but a string", true},
		{"another's record", []any{"HSET", "{jobs:lock}:term", "x", "y"}, Fail, "a hash of somebody else", true},
		{"history", []any{"SET", "{jobs:lock}:history", "x"}, Warn, "holds no stream", false},
		{"candidates", []any{"SET", "{jobs:lock}:candidates", "x"}, Warn, "holds no sorted set", false},
		{"info", []any{"HSET", info, "x", "y"}, Warn, `"jobs:leader" holds no string but a hash`, false},
		{"another's info", []any{"SET", info, "x"}, Warn, "something else than a LeaderInfo", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			admin := server.Client(t)
			if err := admin.Do(t.Context(), test.spoil...).Err(); err != nil {
				t.Fatal(err)
			}
			before := admin.Dump(t.Context(), test.spoil[1].(string)).Val()
			found := examine(t, server.Client(t))
			found.is("keys", test.status, test.says)
			if test.nobody {
				found.is("election", Warn, fmt.Sprintf("not known: key %q", test.spoil[1]))
			}
			if after := admin.Dump(t.Context(), test.spoil[1].(string)).Val(); after != before {
				t.Error("it was changed")
			}
		})
	}
}

func TestForeignLocks(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client(t)
	admin.Set(t.Context(), lock, "older", time.Minute)
	found := examine(t, server.Client(t))
	found.is("keys", Warn, `held by "older"`, "honoured for")
	found.is("election", OK, `"older"`)
	found.is("permissions", OK)
	admin.Set(t.Context(), lock, "older", 0)
	found = examine(t, server.Client(t))
	found.is("keys", Fail, `held by "older", without an expiry`, "DEL jobs:lock")
	if ttl := admin.TTL(t.Context(), lock).Val(); ttl != -1 {
		t.Errorf("the lock has an expiry now: %v", ttl)
	}
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	until := time.Now().Add(time.Hour).UnixMicro()
	server.Client(t).HSet(t.Context(), "{jobs:lock}:term", "term", 7, "not_before", until, "quarantine", 3600_000, "ttl", 3600_000)
	found := examine(t, server.Client(t))
	found.is("election", Warn, "nobody may for")
	found.is("permissions", OK)
}

func TestPausedElection(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client(t)
	operator := leaderelection.Operator{Store: redisstore.New(client), Key: config().RedisKeyName, Name: "alice"}
	if _, err := operator.Pause(t.Context(), 0, false); err != nil {
		t.Fatal(err)
	}
	examine(t, client).is("election", Warn, `"alice" has had it paused since`)
}

// An older program's info is kept, which has no term: nor has the examination.
func TestOlderProgramsInfoIsKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client(t)
	for _, text := range []string{`{"instance_id":"older"}`, `{"instance_id":"older","term":0}`, `{"instance_id":"ours","term":1795385494684374}`} {
		admin.Set(t.Context(), info, text, 0)
		gathered(t, server, keys).is("it", OK)
		gathered(t, server, permissions).is("it", OK)
		if got := admin.Get(t.Context(), info).Val(); got != text {
			t.Errorf("of %s is left %q", text, got)
		}
	}
}
