package doctor

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// Ten calls take so long, the slowest that long.
func trips(most, slowest time.Duration) []time.Duration {
	all := make([]time.Duration, 10)
	for i := range all {
		all[i] = most
	}
	all[len(all)-1] = slowest
	return all
}

func TestRoundTripsBesideTheHeartbeat(t *testing.T) {
	t.Parallel()
	const heartbeat = 3 * time.Second
	for _, test := range []struct {
		slowest time.Duration
		want    Status
		says    string
	}{
		{time.Millisecond, OK, "a renewal has 3s"},
		{500 * time.Millisecond, OK, "half within 100µs"},
		{501 * time.Millisecond, Warn, "6 round trips"},
		{2900 * time.Millisecond, Warn, "--heartbeat to 17.4s"},
		{3 * time.Second, Fail, "given up after 3s"},
	} {
		r := Result{Check: "it", Status: OK}
		judgeTrips(&r, trips(100*time.Microsecond, test.slowest), "of a test", heartbeat)
		findings{t, map[string]Result{"it": r}}.is("it", test.want, test.says)
	}
}

// The heartbeat is the one that an election makes of its configuration.
func TestHeartbeatOfTheElection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ ttl, heartbeat, want time.Duration }{
		{10 * time.Second, 3 * time.Second, 3 * time.Second},
		{10 * time.Second, 8 * time.Second, 4500 * time.Millisecond},
		{9 * time.Second, 10 * time.Second, 3 * time.Second},
	} {
		c := config()
		c.LockTTL, c.HeartbeatInterval = test.ttl, test.heartbeat
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := (&exam{Patient: Patient{Config: c}}).heartbeat(); got != test.want {
			t.Errorf("a heartbeat of %v and a TTL of %v make %v, want %v", test.heartbeat, test.ttl, got, test.want)
		}
	}
}

func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	proxy.Delay(60 * time.Millisecond)
	for ttl, want := range map[time.Duration]Status{time.Minute: OK, 2 * time.Second: Warn, 300 * time.Millisecond: Fail} {
		var found findings
		for range 3 { // on a busy machine a round trip may take much longer than the network's
			p := Patient{Client: as(t, &redis.Options{Addr: proxy.Addr(), ContextTimeoutEnabled: true}), Config: config()}
			p.Config.LockTTL, p.Config.HeartbeatInterval = ttl, ttl*3/10
			found = examineAs(t, p, func(string) {})
			if found.of["round-trip"].Status == want && found.of["clock"].Status == OK {
				break
			}
		}
		found.is("round-trip", want)
		found.is("clock", OK, "the rates agree")
	}
}

func TestRatesOfClocks(t *testing.T) {
	t.Parallel()
	const ttl, margin = 10 * time.Second, time.Second
	here := time.Now()
	read := func(after time.Duration, width time.Duration, shown time.Duration) reading {
		return reading{before: here.Add(after), after: here.Add(after + width), shown: here.Add(time.Hour + shown)}
	}
	for _, test := range []struct {
		what  string
		width time.Duration
		shown time.Duration // after a second here
		want  Status
		says  string
	}{
		{"the same", time.Millisecond, time.Second, OK, "agree within 0.1 %"},
		{"slewed", time.Millisecond, 1005 * time.Millisecond, OK, "bears 11 %"},
		{"a little fast", time.Millisecond, 1050 * time.Millisecond, Warn, "5 % faster"},
		{"slow", time.Millisecond, 500 * time.Millisecond, Warn, "50 % slower"},
		{"too fast", time.Millisecond, 1200 * time.Millisecond, Fail, "20 % faster"},
		{"who knows", 200 * time.Millisecond, time.Second, Warn, "too long to tell"},
	} {
		first, last := read(0, test.width, test.width/2), read(time.Second, test.width, test.shown+test.width/2)
		slowest, fastest := rates(first, last)
		r := Result{Check: "it", Status: OK}
		judgeRate(&r, slowest, fastest, ttl, margin)
		t.Log(test.what, r)
		findings{t, map[string]Result{"it": r}}.is("it", test.want, test.says)
	}
	if slowest, fastest := rates(read(0, 200*time.Millisecond, 0), read(time.Second, 200*time.Millisecond, 1200*time.Millisecond)); math.Abs(slowest-1) > 1e-6 || math.Abs(fastest-1.5) > 1e-6 {
		t.Errorf("1.2 s there, in 0.8 to 1.2 s here: from %v to %v", slowest, fastest)
	}
	if says := ahead(read(0, 2*time.Millisecond, time.Millisecond)); says != "1h0m0s ahead of" {
		t.Error(says)
	}
	if slowest, fastest := rates(read(0, 200*time.Millisecond, 0), read(time.Second, 200*time.Millisecond, 1200*time.Millisecond)); math.Abs(slowest-1) > 1e-6 || math.Abs(fastest-1.5) > 1e-6 {
		t.Errorf("1.2 s there, in 0.8 to 1.2 s here: from %v to %v", slowest, fastest)
	}
	if says := ahead(reading{here, here, here.Add(-time.Minute)}); says != "1m0s behind" {
		t.Error(says)
	}
}

func TestRatesNeedTime(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := newExam(Patient{Client: server.Client(t), Config: config()})
	if err := e.find(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.clock, e.clockErr = e.readClock(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r := Result{Check: "it", Status: OK}
	clock(ctx, e, &r)
	findings{t, map[string]Result{"it": r}}.is("it", Warn, "not known")
}
