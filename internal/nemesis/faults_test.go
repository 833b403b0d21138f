//go:build linux || darwin

package nemesis

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// fault is something that goes wrong. It returns what heals it.
type fault func(s *schedule) (heal func())

// faults are those of the random schedule, by name. What another one would undo
// has the same name up to the colon: of those only one strikes at a time.
var faults = map[string]fault{
	"process: kill -9, started again":           func(s *schedule) func() { return s.replaceOne((*member).Close, false) },
	"process: kill -9, another takes its place": func(s *schedule) func() { return s.replaceOne((*member).Close, true) },
	"process: SIGTERM, started again":           func(s *schedule) func() { return s.replaceOne((*member).leave, false) },
	"freeze: SIGSTOP of a candidate": func(s *schedule) func() {
		m := s.any()
		m.Freeze()
		return m.Thaw
	},
	"freeze: SIGSTOP of the leader": func(s *schedule) func() {
		m := s.leading()
		m.Freeze()
		return m.Thaw
	},
	"link: black hole":   func(s *schedule) func() { return s.onLink((*member).blackHole) },
	"link: answers lost": func(s *schedule) func() { return s.onLink((*member).dropAnswers) },
	"link: cut":          func(s *schedule) func() { return s.onLink((*member).cut) },
	"link: slow": func(s *schedule) func() {
		return s.onLink(func(m *member) { m.link.Delay(s.upTo(s.settings.TTL / 3)) })
	},
	"link: very slow": func(s *schedule) func() {
		return s.onLink(func(m *member) { m.link.Delay(s.settings.TTL + s.upTo(s.settings.TTL)) })
	},
	"everybody's link: cut": (*schedule).cutAll,
	"processor: starved":    (*schedule).starve,
	packetsLost: func(s *schedule) func() {
		return s.losePackets(1 + s.dice.Int64N(20))
	},

	"server: restarts empty":     func(s *schedule) func() { s.server.Kill(); return s.server.RestartEmpty },
	"server: killed":             func(s *schedule) func() { s.server.Kill(); return s.server.RestartKeepingData },
	"server: rolled back":        func(s *schedule) func() { s.server.SaveSnapshot(); return s.server.RestartFromSnapshot },
	"server: SIGSTOP":            func(s *schedule) func() { s.server.Pause(); return s.server.Resume },
	"server: CLIENT PAUSE":       func(s *schedule) func() { return s.command("CLIENT", "PAUSE", s.ms(), "ALL") },
	"server: DEBUG SLEEP":        (*schedule).debugSleep,
	"server: out of connections": (*schedule).exhaustServer,
	"server: out of memory":      (*schedule).exhaustMemory,
	"data: FLUSHALL":             func(s *schedule) func() { return s.command("FLUSHALL") },
	"data: DEL of a key":         func(s *schedule) func() { return s.command("DEL", s.keys()[s.dice.IntN(len(s.keys()))]) },
	"data: SCRIPT FLUSH":         func(s *schedule) func() { return s.command("SCRIPT", "FLUSH") },
	"client: connections killed": func(s *schedule) func() { return s.command("CLIENT", "KILL", "TYPE", "normal") },
	"client: pool exhausted":     (*schedule).exhaustPool,
}

// packetsLost is a fault that not every machine can have.
const packetsLost = "network: packets lost"

// draw chooses a fault that goes together with those that strike already.
func (s *schedule) draw(struck []string) (string, fault) {
	names := make([]string, 0, len(faults))
	for name := range faults {
		subject, _, _ := strings.Cut(name, ":")
		clash := slices.ContainsFunc(struck, func(other string) bool {
			return strings.HasPrefix(other, subject+":") || (subject == "data" || subject == "client") && strings.HasPrefix(other, "server:")
		})
		if possible := name != packetsLost || os.Getenv(inNamespace) != ""; possible && !clash {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	name := names[s.dice.IntN(len(names))]
	return name, faults[name]
}

// any returns one of the members that run.
func (s *schedule) any() *member {
	running := s.others(nil)
	return running[s.dice.IntN(len(running))]
}

// leading returns who led last, or else anybody.
func (s *schedule) leading() *member {
	latest, _ := s.history.Latest()
	for _, m := range s.others(nil) {
		if m.Name == latest.Process {
			return m
		}
	}
	return s.any()
}

// either is the leader half of the time: it is the one that has something to lose.
func (s *schedule) either() *member {
	if s.dice.IntN(2) == 0 {
		return s.leading()
	}
	return s.any()
}

func (m *member) leave()       { m.Thaw(); m.Stop() }
func (m *member) blackHole()   { m.link.BlackHole() }
func (m *member) dropAnswers() { m.link.DropAnswers() }
func (m *member) cut()         { m.link.Cut() }

func (s *schedule) onLink(effect func(*member)) func() {
	m := s.either()
	effect(m)
	return m.link.Restore
}

func (s *schedule) cutAll() func() {
	all := s.others(nil)
	for _, m := range all {
		m.link.Cut()
	}
	return func() {
		for _, m := range all {
			m.link.Restore()
		}
	}
}

// replaceOne ends a process, and starts another in its place.
func (s *schedule) replaceOne(end func(*member), newName bool) func() {
	m := s.either()
	end(m)
	id := m.Settings.ID
	if newName {
		s.news++
		id = fmt.Sprintf("n%d", s.news)
	}
	return func() {
		m.Thaw()
		s.await("the exit of "+m.Name, slack, m.hasExited)
		m.link.Close()
		s.join(id)
	}
}

// ms is a time up to a LockTTL in milliseconds.
func (s *schedule) ms() string { return strconv.FormatInt(s.upTo(s.settings.TTL).Milliseconds()+1, 10) }

// command sends one to the server, and heals by itself.
func (s *schedule) command(words ...any) func() {
	ctx, cancel := context.WithTimeout(s.t.Context(), slack)
	defer cancel()
	if err := s.client.Do(ctx, words...).Err(); err != nil && !strings.Contains(err.Error(), "connection") && !strings.Contains(err.Error(), "EOF") {
		s.t.Errorf("%v: %v", words, err)
	}
	return func() {}
}

// debugSleep has the server do nothing for a while, which no client sees coming.
func (s *schedule) debugSleep() func() {
	seconds := strconv.FormatFloat((s.upTo(s.settings.TTL) + time.Millisecond).Seconds(), 'f', 3, 64)
	asleep := make(chan struct{})
	go func() {
		defer close(asleep)
		ctx, cancel := context.WithTimeout(s.t.Context(), slack)
		defer cancel()
		_ = s.client.Do(ctx, "DEBUG", "SLEEP", seconds).Err()
	}()
	return func() { <-asleep }
}

// exhaustServer takes all connections that the server accepts.
func (s *schedule) exhaustServer() func() {
	s.setConfig("maxclients", "40")
	hoarder := redis.NewClient(&redis.Options{Addr: s.server.Addr(), PoolSize: 60, MinIdleConns: 60, MaxRetries: -1})
	_ = hoarder.Ping(s.t.Context()).Err() // begins to fill the pool
	return func() {
		_ = hoarder.Close()
		s.await("a free connection", slack, func() bool {
			return s.client.ConfigSet(s.t.Context(), "maxclients", "10000").Err() == nil
		})
	}
}

func (s *schedule) exhaustMemory() func() {
	s.setConfig("maxmemory", "1")
	return func() { s.setConfig("maxmemory", "0") }
}

// exhaustPool has a candidate's own program occupy all the connections of the
// client that the election shares with it.
func (s *schedule) exhaustPool() func() {
	s.either().OccupyPool()
	return func() {}
}

// starve has more programs busy than there are processors.
func (s *schedule) starve() func() {
	var busy []*exec.Cmd
	for range 2 * runtime.NumCPU() {
		program := exec.Command(os.Args[0])
		program.Env = append(os.Environ(), burn+"=10s")
		if err := program.Start(); err != nil {
			s.t.Errorf("starting a busy program: %v", err)
			continue
		}
		busy = append(busy, program)
	}
	return func() {
		for _, program := range busy {
			_ = program.Process.Kill()
			_ = program.Wait()
		}
	}
}

// burn in its environment makes this program be busy for so long.
const burn = "NEMESIS_BURN"

func burnProcessor(length string) {
	d, err := time.ParseDuration(length)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	began := time.Now()
	for time.Since(began) < d {
		continue
	}
}
