package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	found := examine(t, server.Client(t))
	found.allAreOK()
	found.is("reachable", OK, server.Addr())
	found.isOK("round-trip", "read script")
	found.is("wake-ups", OK, "arrived")
	found.is("permissions", OK, "acquired, renewed and given back")
	if left := server.Client(t).Keys(t.Context(), "*").Val(); len(left) != 0 {
		t.Errorf("it leaves %q behind", left)
	}
}

// A leader that leads, and a follower that follows, notice nothing.
func TestRunningElectionIsNotDisturbed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.AwaitUptime(4 * time.Second)
	happened := make(chan leaderelection.Event, 1000)
	observer := leaderelection.ObserverFunc(func(event leaderelection.Event) { happened <- event })
	start := func(id string, heartbeat time.Duration) *leaderelection.Election {
		config := config()
		config.InstanceID, config.LockTTL, config.HeartbeatInterval = id, 3*time.Second, heartbeat
		election, err := leaderelection.New(redisstore.New(server.Client(t)), &config, leaderelection.WithObserver(observer), leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- election.Start(t.Context()) }()
		t.Cleanup(func() { _ = election.Stop(); <-ended })
		return election
	}
	await := func(kind leaderelection.EventKind, id string) {
		for late := time.After(20 * time.Second); ; {
			select {
			case event := <-happened:
				if event.Kind == kind && (event.InstanceID == id || id == "") {
					return
				}
			case <-late:
				t.Fatalf("waited in vain for %s to be %v", id, kind)
			}
		}
	}
	leader := start("leader", 100*time.Millisecond)
	await(leaderelection.Elected, "")
	follower := start("follower", time.Second) // whose bids may take so long
	admin := server.Client(t)
	state := func() string {
		names := protocol.NamesOf(lock)
		record := admin.HGetAll(t.Context(), names.Term).Val()
		return fmt.Sprint(record, admin.Get(t.Context(), names.Lease).Val(), admin.XLen(t.Context(), names.History).Val(),
			admin.ZRange(t.Context(), names.Candidates, 0, -1).Val(), sorted(admin.Keys(t.Context(), "*").Val()))
	}
	for late := time.Now().Add(20 * time.Second); admin.ZCard(t.Context(), protocol.NamesOf(lock).Candidates).Val() < 1 || admin.Exists(t.Context(), info).Val() < 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the follower never bid, or the leader was never announced")
		}
	}
	before := state()

	found := examine(t, server.Client(t))

	found.allAreOK()
	found.is("election", OK, `"leader"`, "candidates beside the leader: 1")
	if after := state(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
	if !leader.IsLeader() || follower.IsLeader() {
		t.Error("the leader leads no more")
	}
	for drained := false; !drained; {
		select {
		case event := <-happened:
			if event.Kind == leaderelection.TermEnded || event.Kind == leaderelection.Elected || event.Err != nil && !errors.Is(event.Err, context.DeadlineExceeded) {
				t.Errorf("%v: %v", event.Kind, event.Err)
			}
		default:
			drained = true
		}
	}
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// What is tried lies beside the election, whatever that is called: in its slot, and where
// an ACL permits it, but under none of its names.
func TestOwnElectionLiesBesideTheRealOne(t *testing.T) {
	t.Parallel()
	client := as(t, &redis.Options{Addr: "127.0.0.1:1"})
	for _, name := range []string{"jobs:lock", "a}b", "{}", "", "{app}:lock", "{app}", "a b", "{7}a}b"} {
		e := newExam(Patient{Client: client, Config: leaderelection.Config{RedisKeyName: name}})
		own := protocol.NamesOf(e.own)
		for _, key := range append(own.Keys(), own.Events) {
			if protocol.SlotOf(key) != protocol.SlotOf(name) {
				t.Errorf("%q: %q lies in another slot", name, key)
			}
			if !strings.HasPrefix(key, e.names.Events) || slices.Contains(e.names.Keys(), key) || key == e.names.Events {
				t.Errorf("%q: %q is not beside its keys and channels", name, key)
			}
		}
	}
}

// Ctrl-C in the middle leaves nothing either.
func TestInterruptionLeavesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ctx, cancel := contextOf(t)
	e := newExam(Patient{Client: server.Client(t), Config: config()})
	e.Config.LockTTL = time.Second
	hooked := interrupting{after: "acquire grants", cancel: cancel}
	e.Client.AddHook(&hooked)
	if err := e.find(ctx); err != nil {
		t.Fatal(err)
	}
	r := Result{Status: OK}
	if permissions(ctx, e, &r); !hooked.done || r.Status == OK {
		t.Errorf("it was not interrupted: %+v", r)
	}
	if left := server.Client(t).Keys(t.Context(), "*").Val(); len(left) != 0 {
		t.Errorf("it leaves %q behind", left)
	}
}

// A server that may have forgotten a lease makes bidders wait: the examination too, for
// a moment, and without having the election itself wait.
func TestServerThatMayHaveForgottenALease(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Client(t).FlushAll(t.Context())
	found := examine(t, server.Client(t))
	found.is("permissions", OK, "acquired")
	found.is("election", OK, "nobody has led")
}

func TestStatusesAddUp(t *testing.T) {
	for _, test := range []struct {
		of   []Status
		want Status
	}{{nil, OK}, {[]Status{OK, Warn, OK}, Warn}, {[]Status{Warn, Fail, OK}, Fail}} {
		var results []Result
		for _, s := range test.of {
			results = append(results, Result{Status: s})
		}
		if got := Worst(results); got != test.want {
			t.Errorf("of %v: %v", test.of, got)
		}
	}
	r := Result{Status: OK}
	r.note("one")
	r.fail("two", "mend it")
	r.warn("three", "mend it")
	if want := (Result{Status: Fail, Found: "one; two; three", Remedy: "mend it"}); r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
}
