//go:build linux || darwin

package failover

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

// TestF13Failovers has every kind of failover happen, so and so many times.
func TestF13Failovers(t *testing.T) {
	var results results
	var done atomic.Int64
	t.Cleanup(func() { results.conclude(t) })
	for round := range *times {
		for _, k := range kinds {
			t.Run(fmt.Sprintf("%s/%d", k.name, round+1), func(t *testing.T) {
				t.Parallel()
				s := k.start(t, k)
				defer func() { results.add(k, s.judge()) }()
				time.Sleep(rand.N(settings.HeartbeatInterval)) // no failover keeps time with the heartbeats
				k.happen(s)
				if *times > 1 {
					fmt.Fprintf(os.Stderr, "%s %d of %d: %s\n", time.Now().Format(time.TimeOnly), done.Add(1), *times*len(kinds), k.name)
				}
			})
		}
	}
}

// kind is one way in which Redis fails over.
type kind struct {
	name     string
	start    func(t *testing.T, k kind) *scene
	happen   func(s *scene)
	acks     int      // replicas that must have each lease
	replicas int      // of each primary
	config   []string // of the servers: name and value, by turns
	stale    bool     // no replica has heard of the term
	overlaps bool     // two leaders are what happens then, and what is measured
}

var kinds = []kind{
	{name: "Sentinel: primary killed", start: onSentinel, replicas: 2, happen: primaryDies},
	{name: "Sentinel: primary killed, with acks", start: onSentinel, replicas: 2, acks: 1, happen: primaryDies},
	{name: "Sentinel: primary killed, of whose leader no replica has heard", start: onSentinel, replicas: 2, stale: true, happen: primaryDies},
	{name: "Sentinel: primary killed together with the leader", start: onSentinel, replicas: 2, happen: bothDie},
	{name: "Sentinel: SENTINEL FAILOVER", start: onSentinel, replicas: 2, happen: primaryChanges},
	{name: "Sentinel: SENTINEL FAILOVER, with acks", start: onSentinel, replicas: 2, acks: 1, happen: primaryChanges},
	{name: "Sentinel: primary and leader isolated", start: onSentinel, replicas: 2, happen: bothAreIsolated, overlaps: true},
	{name: "Sentinel: primary and leader isolated, min-replicas-to-write 1", start: onSentinel, replicas: 2,
		config: []string{"min-replicas-to-write", "1"}, happen: bothAreIsolated, overlaps: true},
	{name: "Sentinel: primary and leader isolated, min-replicas-to-write 1, min-replicas-max-lag 1", start: onSentinel, replicas: 2,
		config: []string{"min-replicas-to-write", "1", "min-replicas-max-lag", "1"}, happen: bothAreIsolated, overlaps: true},
	{name: "Sentinel: primary and leader isolated, with acks", start: onSentinel, replicas: 2, acks: 1, happen: bothAreIsolated},
	{name: "Cluster: primary killed", start: onCluster, replicas: 1, happen: primaryDies},
	{name: "Cluster: primary killed, with acks", start: onCluster, replicas: 2, acks: 1, happen: primaryDies},
	{name: "Cluster: primary killed together with the leader", start: onCluster, replicas: 1, happen: bothDie},
	{name: "Cluster: CLUSTER FAILOVER", start: onCluster, replicas: 1, happen: primaryChanges},
	{name: "Cluster: slot moved", start: onCluster, replicas: 1, happen: slotMoves},
	{name: "Cluster: slot moved, with acks", start: onCluster, replicas: 1, acks: 1, happen: slotMoves},
}

// primaryDies leaves the leader alive, whose lease outlives the failover: its term
// goes on.
func primaryDies(s *scene) {
	s.fault = belief.Now()
	s.redis.kill()
	s.takenOver()
	s.goesOn()
}

// primaryChanges is likewise, without anybody's death.
func primaryChanges(s *scene) {
	s.fault = belief.Now()
	s.redis.change()
	s.takenOver()
	s.goesOn()
}

// slotMoves is a failover of nobody: the election's keys go to another primary.
func slotMoves(s *scene) {
	s.fault = belief.Now()
	s.redis.(*clusterRedis).moveSlot()
	s.takenOver()
	s.goesOn()
}

// bothDie leaves nobody who knows of the lease, but for those who have heard of it.
func bothDie(s *scene) {
	s.fault = belief.Now()
	s.redis.kill()
	s.candidates[0].die()
	s.takenOver()
	s.successor()
}

// bothAreIsolated leaves the leader a primary that answers.
func bothAreIsolated(s *scene) {
	redis := s.redis.(sentinelRedis)
	s.fault = belief.Now()
	redis.Isolate()
	s.takenOver()
	s.successor()
	time.Sleep(settings.LockTTL) // in which there may be two
	redis.Heal()
	s.oneIsLeft()
}
