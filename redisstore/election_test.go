package redisstore_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/leaderelection"
)

// running is an Election that takes part by itself.
type running struct {
	*trial
	*leaderelection.Election
	ended chan struct{} // closed when Start has returned
	err   error         // what it returned

	mu     sync.Mutex
	events []leaderelection.Event
	log    bytes.Buffer
}

// Write takes what is logged.
func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

// logged returns what was logged so far. No password is ever in it.
func (r *running) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// start starts an Election. It is stopped when the test ends.
func (t *trial) start(id string, ttl time.Duration) *running {
	t.Helper()
	return t.startAs(&leaderelection.Config{
		RedisKeyName: t.key, RedisInfoKeyName: t.key + ":info", InstanceID: id,
		LockTTL: ttl, HeartbeatInterval: min(ttl/5, 300*time.Millisecond), RetryInterval: 100 * time.Millisecond,
	})
}

const patientTTL = 4 * time.Second

// startPatiently starts one that gives each request as long as a busy machine may take:
// for tests of what its first answer is. A request that runs into its timeout may have
// been carried out in part, and the next is answered otherwise than the first.
func (t *trial) startPatiently(id string, ttl time.Duration) *running {
	t.Helper()
	return t.startAs(&leaderelection.Config{
		RedisKeyName: t.key, RedisInfoKeyName: t.key + ":info", InstanceID: id,
		LockTTL: ttl, HeartbeatInterval: ttl / 3, RetryInterval: 100 * time.Millisecond,
	})
}

func (t *trial) startAs(config *leaderelection.Config) *running {
	t.Helper()
	r := &running{trial: t, ended: make(chan struct{})}
	var err error
	r.Election, err = leaderelection.New(t.store, config,
		leaderelection.WithLogger(slog.New(slog.NewTextHandler(r, nil))), leaderelection.WithObserver(leaderelection.ObserverFunc(r.observe)))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		r.err = r.Start(t.Context())
	}()
	t.Cleanup(func() {
		_ = r.Stop()
		<-r.ended
		if strings.Contains(r.logged(), password) {
			t.Errorf("the log tells the password:\n%s", r.logged())
		}
	})
	return r
}

func (r *running) observe(event leaderelection.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// all returns the events of a kind so far.
func (r *running) all(kind leaderelection.EventKind) []leaderelection.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.events), func(e leaderelection.Event) bool { return e.Kind != kind })
}

// awaits waits for n more events of a kind.
func (r *running) awaits(n int, kind leaderelection.EventKind) {
	r.Helper()
	want := len(r.all(kind)) + n
	eventually(r.T, r.GetInstanceID()+": "+kind.String(), func() bool { return len(r.all(kind)) >= want })
}

func (r *running) leads() *running {
	r.Helper()
	eventually(r.T, r.GetInstanceID()+" leads", r.IsLeader)
	return r
}

// follows waits until it knows who leads, which it tells once.
func (r *running) follows() *running {
	r.Helper()
	eventually(r.T, r.GetInstanceID()+" follows", func() bool { return len(r.all(leaderelection.Following)) > 0 })
	return r
}

// goesOn expects the Election to renew twice more in the term it was in.
func (r *running) goesOn(term int64, when string) {
	r.Helper()
	r.awaits(2, leaderelection.Renewed)
	if r.Term() != term {
		r.Errorf("%s: term %d, want %d as before; terms ended: %v", when, r.Term(), term, r.all(leaderelection.TermEnded))
	}
}
