//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// patience is how much longer than it should take the demo waits for anything,
// on a machine that is busy with other things.
const patience = 15 * time.Second

// stage is what the demo plays on: a Redis and three candidate processes.
type stage struct {
	settings contender.Settings // of every candidate, but for its ID
	command  []string
	redis    *demoRedis
	history  belief.History

	mu     sync.Mutex
	actors []*actor
}

// actor is one of the candidates, through all the processes that play it.
type actor struct {
	id      string
	process *contender.Process
	runs    int
	scenes  []scene
}

// scene is what becomes of an actor at a moment.
type scene struct {
	from  time.Duration
	state actorState
}

type actorState string

const (
	onStage actorState = "follows" // unless it leads
	leading actorState = "leads"
	stopped actorState = "stopped"
	killed  actorState = "killed"
	frozen  actorState = "frozen"
)

func newStage(redisURL string, settings contender.Settings) (*stage, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program, to start candidates: %w", err)
	}
	redis, err := newDemoRedis(redisURL)
	if err != nil {
		return nil, err
	}
	settings.URL, settings.Key = redis.url, redis.key
	s := &stage{settings: settings, command: []string{program, "demo", "candidate"}, redis: redis}
	for _, id := range []string{"a", "b", "c"} {
		s.actors = append(s.actors, &actor{id: id})
	}
	return s, nil
}

// enter starts a process for every actor that has none.
func (s *stage) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, actor := range s.actors {
		if actor.process != nil {
			continue
		}
		actor.runs++
		settings := s.settings
		settings.ID = actor.id
		name := fmt.Sprintf("%s%s%d", actor.id, runMark, actor.runs)
		process, err := contender.Start(name, s.command, settings, &s.history)
		if err != nil {
			return err
		}
		actor.process = process
		actor.become(onStage)
	}
	return nil
}

// runMark is between an actor's id and the number of the process that plays it.
const runMark = "#"

// played reports whether a process of that name has played the actor.
func (a *actor) played(process string) bool {
	return strings.HasPrefix(process, a.id+runMark)
}

func (a *actor) become(state actorState) {
	a.scenes = append(a.scenes, scene{belief.Now(), state})
}

// note records what was done to an actor; one that was ended has no process then.
func (s *stage) note(actor *actor, state actorState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	actor.become(state)
	if state == stopped || state == killed {
		actor.process = nil
	}
}

// leader waits until one leads, and everybody else knows, so that an act begins
// in peace.
func (s *stage) leader(ctx context.Context) (*actor, belief.Reign, error) {
	var leader *actor
	var reign belief.Reign
	err := s.await(ctx, "a leader", func() bool {
		leader, reign = s.current()
		return leader != nil && s.everybodyKnows(leader, reign.Term)
	})
	return leader, reign, err
}

// current returns who leads by its own last word, if that is fresh.
func (s *stage) current() (*actor, belief.Reign) {
	reign, ok := s.history.Latest()
	if !ok || belief.Now()-reign.Last > gracePeriod {
		return nil, reign
	}
	return s.playing(reign.Process), reign
}

// gracePeriod is how old the last word of a leader may be: it says something
// every 10 ms.
const gracePeriod = 100 * time.Millisecond

func (s *stage) playing(process string) *actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, actor := range s.actors {
		if actor.process != nil && actor.played(process) {
			return actor
		}
	}
	return nil
}

func (s *stage) everybodyKnows(leader *actor, term int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, actor := range s.actors {
		if actor == leader || actor.process == nil {
			continue
		}
		if !s.history.Told(actor.process.Name, func(r belief.Record) bool { return r.What == "following" && r.Term == term }) {
			return false
		}
	}
	return true
}

// await waits until the condition holds.
func (s *stage) await(ctx context.Context, what string, condition func() bool) error {
	begun := time.Now()
	for !condition() {
		if err := s.desertion(); err != nil {
			return err
		}
		if limit := 3*s.settings.TTL + patience; time.Since(begun) > limit {
			return fmt.Errorf("waited %v for %s, in vain", limit, what)
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// desertion returns an error if a candidate has ended that nobody asked to.
func (s *stage) desertion() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, actor := range s.actors {
		if actor.process == nil {
			continue
		}
		for _, bye := range s.history.Records(actor.process.Name, belief.Bye) {
			return fmt.Errorf("candidate %s gave up: %s", actor.id, bye.Err)
		}
		select {
		case <-actor.process.Exited():
			return fmt.Errorf("candidate %s ended by itself:\n%s", actor.id, actor.process.Log())
		default:
		}
	}
	return nil
}

// close ends every process, by its pid, and removes what is left in Redis.
func (s *stage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := time.After(3 * time.Second)
	for _, actor := range s.actors {
		if actor.process != nil {
			actor.process.Thaw()
			actor.process.Stop()
		}
	}
	for _, actor := range s.actors {
		if actor.process == nil {
			continue
		}
		select {
		case <-actor.process.Exited():
		case <-limit:
		}
		actor.process.Close()
		actor.process = nil
	}
	s.redis.close()
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
