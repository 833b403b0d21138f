package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/leaderelection"
)

// slot is the place of one candidate: its machine's link to the server, and one
// process after another, started by a supervisor that replaces what returns.
type slot struct {
	world  *world
	number int
	link   *link
	rate   float64

	starts  int
	names   int
	current *instance
	all     []*instance

	// Until when the user's code misbehaves.
	panicsUntil        time.Time
	workSlowUntil      time.Time
	callbacksSlowUntil time.Time
}

func newSlot(w *world, number int) *slot {
	return &slot{
		world:  w,
		number: number,
		link:   newLink(w.host, w.plan.Seed*31+uint64(number), w.plan.Latency, w.trouble),
		rate:   w.plan.Rates[number],
	}
}

// running returns the process that takes part now, nil while there is none.
func (s *slot) running() *instance {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.current
}

func (s *slot) setRunning(i *instance) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.current = i
}

// id is the InstanceID of the process to come. One that is restarted in place
// keeps it, as in a StatefulSet; one that is replaced has another.
func (s *slot) id() string { return fmt.Sprintf("%c%d", 'a'+s.number, s.names) }

// start starts a process.
func (s *slot) start() {
	s.starts++
	process := fmt.Sprintf("%s.%d", s.id(), s.starts)
	dice := rand.New(rand.NewPCG(s.world.plan.Seed, hash(process)))
	i := newInstance(s, process, newMachine(process, s.rate, dice))
	s.all = append(s.all, i)
	s.setRunning(i)
	s.world.note(i.process, "starts as %s", i.id)
	i.run()
}

// startAgain is start after a while, unless all comes to its end before.
func (s *slot) startAgain(after time.Duration) {
	s.world.later(after, func() {
		if s.running() == nil {
			s.start()
		}
	})
}

// misbehave has the user's code do so until the fault is over.
func (s *slot) misbehave(until *time.Time, f Fault) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	*until = time.Now().Add(f.For)
}

func (s *slot) misbehaves(until *time.Time) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return time.Now().Before(*until)
}

// slowUntil returns when the user's code will be quick again.
func (s *slot) slowUntil(until *time.Time) time.Duration {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return time.Until(*until)
}

// cleanUp lets nothing be left of the slot's processes.
func (s *slot) cleanUp() {
	for _, i := range s.all {
		i.machine.kill()
		_ = i.client.Close()
		_ = i.election.Stop()
		<-i.done
	}
}

// config is that of every candidate.
func (p Plan) config(id string) *leaderelection.Config {
	return &leaderelection.Config{InstanceID: id, Hostname: id, LockTTL: p.TTL, HeartbeatInterval: p.Heartbeat, RetryInterval: p.Retry}
}
