//go:build unix

package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// manager is what systemd is for a service: a socket that is told things.
type manager struct {
	t    *testing.T
	path string

	mu   sync.Mutex
	told []string // each assignment
}

func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") //nolint:usetesting // the name of a socket has 108 bytes at the most, and t.TempDir's is long
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{t: t, path: filepath.Join(dir, "socket")}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	var listening sync.WaitGroup
	listening.Go(func() {
		for buffer := make([]byte, 1<<16); ; {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.told = append(m.told, strings.Split(strings.TrimSuffix(string(buffer[:n]), "\n"), "\n")...)
			m.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		listening.Wait()
		_ = os.RemoveAll(dir)
	})
	return m
}

// start starts leader as a service, with a watchdog that is fed four times in interval.
func (m *manager) start(interval time.Duration, url string, args ...string) *instance {
	m.t.Helper()
	return start(m.t, []string{
		"NOTIFY_SOCKET=" + m.path,
		"WATCHDOG_USEC=" + strconv.FormatInt(interval.Microseconds(), 10),
		redisURLVariable + "=" + url,
	}, args...)
}

func (m *manager) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

// first is what it was told first, apart from the feeding of the watchdog.
func (m *manager) first() string {
	return slices.DeleteFunc(m.all(), func(line string) bool { return line == fed })[0]
}

func (m *manager) await(text string) {
	m.t.Helper()
	await(m.t, "systemd to be told "+text, func() bool {
		return slices.ContainsFunc(m.all(), func(line string) bool { return strings.Contains(line, text) })
	})
}

const fed = "WATCHDOG=1"

func (m *manager) fed() (times int) {
	for _, line := range m.all() {
		if line == fed {
			times++
		}
	}
	return times
}

// expectFed fails the test if the watchdog starves at any time within that time.
func (m *manager) expectFed(interval, within time.Duration) {
	m.t.Helper()
	for begun := time.Now(); time.Since(begun) < within; {
		before := m.fed()
		for starved := time.Now(); m.fed() == before; time.Sleep(interval / 20) {
			if time.Since(starved) > interval {
				m.t.Fatalf("the watchdog was not fed for %v, %v after it had to be", interval, time.Since(begun))
			}
		}
	}
}

// awaitStarved waits until the watchdog has not been fed for an interval.
func (m *manager) awaitStarved(interval time.Duration) {
	m.t.Helper()
	times, last := m.fed(), time.Now()
	await(m.t, "the watchdog to starve", func() bool {
		if now := m.fed(); now != times {
			times, last = now, time.Now()
		}
		return time.Since(last) > interval
	})
}

// patient is an interval that no busy machine misses a feeding in.
const patient = 4 * time.Second

func TestSystemdIsToldHowAnInstanceStands(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	leads, follows := newManager(t), newManager(t)
	leader := leads.start(patient, server.URL(), append([]string{"run", "--id", "first"}, append(shortLease, "--", "sh", "-c", "env; read line")...)...)
	leads.await("STATUS=Leads, in term ")
	follower := follows.start(patient, server.URL(), append([]string{"serve", "--id", "second", "--grace", "0s", "--listen", freeAddress(t)}, shortLease...)...)
	follows.await("STATUS=Follows first, in term ")
	for _, m := range []*manager{leads, follows} {
		if m.first() != "READY=1" {
			t.Errorf("a service was not started by %q", m.all())
		}
		m.await(fed)
	}
	leader.awaitOutput("LEADER_TERM=")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC"} {
		if strings.Contains(leader.stdout.String(), name) {
			t.Errorf("the command has $%s, and could speak in leader's name", name)
		}
	}

	leader.signal(syscall.SIGTERM)
	leads.await("STOPPING=1")
	leads.await("has ended: stopped")
	leader.status()
	follows.await("STATUS=Leads, in term ")
	follower.signal(syscall.SIGTERM)
	if status := follower.status(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	for _, m := range []*manager{leads, follows} {
		told := m.all()
		if count := strings.Count(strings.Join(told, "\n"), "READY=1"); count != 1 {
			t.Errorf("told READY %d times: %q", count, told)
		}
		if !slices.Contains(told, "STOPPING=1") {
			t.Errorf("not told of the end: %q", told)
		}
	}
}

// A unit comes up without Redis, which comes later. One that can never work does not.
func TestSystemdIsToldOfReadinessUnlessItCannotWork(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	m.start(patient, nobodyListens, "run", "--", "true")
	m.await("STATUS=Follows, and cannot ask who leads: ")
	if m.first() != "READY=1" {
		t.Errorf("told %q", m.all())
	}

	server := redistest.Start(t, redistest.WithConfig("requirepass", "correct"))
	m = newManager(t)
	i := m.start(patient, "redis://:hunter2@"+server.Addr(), "run", "--", "true")
	if status := i.status(); status != statusFailed {
		t.Errorf("exit status %d", status)
	}
	told := strings.Join(m.all(), "\n")
	if strings.Contains(told, "READY") || strings.Contains(told, "hunter2") || !strings.Contains(told, "password") {
		t.Errorf("told %q", told)
	}
}

func TestWatchdogOfAFrozenLeader(t *testing.T) {
	t.Parallel()
	server, m := settledRedis(t), newManager(t)
	leader := m.start(time.Second, server.URL(), append([]string{"run", "--ttl", "1m"}, reader...)...)
	m.await("STATUS=Leads")
	m.await(fed)

	leader.signal(syscall.SIGSTOP)
	m.awaitStarved(time.Second)

	before := m.fed()
	leader.signal(syscall.SIGCONT)
	await(t, "the watchdog to be fed again", func() bool { return m.fed() > before })
}

// A process may go on, and nothing in it do so that has to.
func TestWatchdogOfALeaderThatIsStuck(t *testing.T) {
	m := newManager(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	t.Setenv("WATCHDOG_USEC", "1000000")
	s := newSystemd(leaderelection.Config{LockTTL: time.Hour}, slog.New(slog.DiscardHandler))
	defer s.serve(t.Context())()
	for name, part := range map[string]*pulse{"the election": &s.election, "what looks after the command": &s.command} {
		part.beat(time.Hour)
		m.expectFed(patient, time.Second)
		part.beat(0)
		m.awaitStarved(patient)
		before := m.fed()
		part.beat(time.Hour)
		await(t, "the watchdog to be fed again, since "+name+" goes on", func() bool { return m.fed() > before })
	}
}

// A Redis that is away for longer than anything leader waits for must not have systemd
// restart everybody. Nor must a Redis with which nothing happens.
func TestWatchdogIsFedWhetherOrNotRedisIsThere(t *testing.T) {
	for name, takeAway := range map[string]func(*redistest.Server, *redistest.Proxy){
		"killed":      func(server *redistest.Server, _ *redistest.Proxy) { server.Kill() },
		"there":       func(*redistest.Server, *redistest.Proxy) {},
		"unreachable": func(_ *redistest.Server, link *redistest.Proxy) { link.BlackHole() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			link := redistest.NewProxy(t, server.Addr())
			leads, follows := newManager(t), newManager(t)
			args := append([]string{"run", "--ttl", "1s", "--retry", "100ms"}, reader...)
			leads.start(patient, "redis://"+link.Addr(), args...)
			leads.await("STATUS=Leads")
			follows.start(patient, "redis://"+link.Addr(), args...)
			follows.await("STATUS=Follows")

			takeAway(server, link)

			if name != "there" {
				leads.await("has ended: ")
			}
			patience := newSystemd(leaderelection.Config{LockTTL: time.Second, RetryInterval: 100 * time.Millisecond}, nil).patience
			leads.expectFed(patient, patience+time.Second)
			follows.expectFed(patient, time.Millisecond)
			link.Restore()
		})
	}
}

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystemd(leaderelection.Config{LockTTL: 10 * time.Second, RetryInterval: 2 * time.Second}, nil)
		overdueAfter := func(p *pulse, d time.Duration) {
			t.Helper()
			time.Sleep(d)
			if p.isOverdue() {
				t.Errorf("overdue within %v", d)
			}
			time.Sleep(time.Nanosecond)
			if !p.isOverdue() {
				t.Errorf("not overdue after %v", d)
			}
		}
		if s.election.isOverdue() || s.command.isOverdue() {
			t.Error("overdue before there was anything to be done")
		}
		s.goesOn()
		overdueAfter(&s.election, 19*time.Second)
		s.crowd.Store(10_000) // of whom each asks every 100 seconds
		s.goesOn()
		overdueAfter(&s.election, 219*time.Second)
		s.command.beat(time.Second)
		overdueAfter(&s.command, time.Second)
		s.command.rest()
		if s.command.isOverdue() {
			t.Error("overdue without a command")
		}
	})
}

// Names come from Redis. Nobody may say more by one than his name.
func TestStatusIsOneLine(t *testing.T) {
	m := newManager(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	s := newSystemd(leaderelection.Config{}, newLogger(&output{}, 0))
	s.Observe(leaderelection.Event{Kind: leaderelection.Following, Leader: "evil\nSTOPPING=1\nMAINPID=1", Term: 7})
	m.await("STATUS=Follows evil�STOPPING=1�MAINPID=1, in term 7")
	if told := m.all(); len(told) != 2 {
		t.Errorf("told %q", told)
	}
}
