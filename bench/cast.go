package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// pace is that of the demo and of the nemesis.
const pace = 200 * time.Microsecond

// timing is a set of durations that the peers are measured with.
type timing struct {
	name                  string
	ttl, heartbeat, retry time.Duration
}

var timings = []timing{
	{"3s/1s/0.6s", 3 * time.Second, time.Second, 600 * time.Millisecond},
	defaults,
}

func (t timing) named(name string) timing {
	t.name = name
	return t
}

var defaults = timing{"10s/3s/2s", 10 * time.Second, 3 * time.Second, 2 * time.Second}

// cast are the candidate processes of one election.
type cast struct {
	peer    peer
	timing  timing
	address func(member int) string // where each finds the store
	role    func(member int) []string
	history belief.History
	members []*contender.Process
	started int
}

// election is its name: each cast has a store of its own, and only one election.
const election = "bench"

func (t timing) settings(address, id string) contender.Settings {
	return contender.Settings{
		URL: address, Key: election, ID: id,
		TTL: t.ttl, Heartbeat: t.heartbeat, Retry: t.retry, Pace: pace,
	}
}

// newCast is a cast of nobody yet. The scope ends its processes.
func newCast(s *scope, p peer, t timing, address func(int) string) *cast {
	c := &cast{peer: p, timing: t, address: address}
	c.role = func(int) []string { return []string{roleCandidate, p.name} }
	s.Cleanup(c.close)
	return c
}

func directly(st store) func(int) string { return func(int) string { return st.addr() } }

// fill starts processes until there are n, in the places of those that have ended.
func (c *cast) fill(n int) error {
	for i := range n {
		if i < len(c.members) && !hasExited(c.members[i]) {
			continue
		}
		c.started++
		name := fmt.Sprintf("%s#%d", string(rune('a'+i)), c.started)
		process, err := startRole(name, c.timing.settings(c.address(i), name), &c.history, c.role(i)...)
		if err != nil {
			return err
		}
		if i < len(c.members) {
			c.members[i] = process
		} else {
			c.members = append(c.members, process)
		}
		err = await(name+" to start", c.limit(), func() bool {
			return hasExited(process) || len(c.history.Records(name, belief.Hello)) > 0
		})
		if err != nil {
			return err
		}
	}
	return c.desertion()
}

func hasExited(process *contender.Process) bool {
	select {
	case <-process.Exited():
		return true
	default:
		return false
	}
}

// desertion returns an error if a candidate has ended that nobody asked to.
func (c *cast) desertion() error {
	for _, member := range c.members {
		if hasExited(member) {
			return fmt.Errorf("%s ended by itself: %s", member.Name, strings.TrimSpace(member.Log()))
		}
	}
	return nil
}

// limit is how long anything may take for which a lease has to end.
func (c *cast) limit() time.Duration { return 3*c.timing.ttl + patience }

// leader waits for one that leads now, by its own last word.
func (c *cast) leader() (*contender.Process, belief.Reign, error) {
	var reign belief.Reign
	var leader *contender.Process
	err := await("a leader", c.limit(), func() bool {
		latest, ok := c.history.Latest()
		if !ok || belief.Now()-latest.Last > 100*time.Millisecond {
			return false
		}
		i := slices.IndexFunc(c.members, func(m *contender.Process) bool { return m.Name == latest.Process })
		if i < 0 || hasExited(c.members[i]) {
			return false
		}
		reign, leader = latest, c.members[i]
		return true
	})
	return leader, reign, err
}

// successor waits for the reign after that one.
func (c *cast) successor(old belief.Reign) (belief.Reign, error) {
	var next belief.Reign
	err := await("a new leader", c.limit(), func() bool {
		var ok bool
		next, ok = c.history.Latest()
		return ok && next.First > old.First && next.Process != old.Process
	})
	return next, err
}

// settled fills the election and returns its leader, once the new followers have
// found their place, and then some time has passed: of those that poll, the moment
// within their period decides how long they take.
func (c *cast) settled(period time.Duration) (*contender.Process, belief.Reign, error) {
	if err := c.fill(members); err != nil {
		return nil, belief.Reign{}, err
	}
	if _, _, err := c.leader(); err != nil {
		return nil, belief.Reign{}, err
	}
	time.Sleep(300*time.Millisecond + period + rand.N(period))
	return c.leader()
}

func (c *cast) lease(leader *contender.Process) lease {
	return lease{c.peer, election, c.timing.ttl, leader.Name, &c.history}
}

func (c *cast) close() {
	for _, member := range c.members {
		member.Close()
	}
}
