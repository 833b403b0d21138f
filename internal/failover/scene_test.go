//go:build linux || darwin

package failover

import (
	"context"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/redisstore"
)

// The elections have the defaults.
var settings = leaderelection.DefaultConfig()

const key = leaderelection.DefaultRedisKeyName

// patience bounds every wait. A machine busy with other tests may need some of it.
const patience = 60 * time.Second

// scene is one failover: a Redis, three candidates, and what became of them.
type scene struct {
	t          *testing.T
	kind       kind
	redis      topology
	history    belief.History
	candidates []*candidate
	first      belief.Reign // the leader's at the time of the fault

	// The moments that make up the time without a leader.
	fault      time.Duration
	tookOver   time.Duration // another server was the primary
	quarantine time.Duration // until when it granted nothing, as it said
}

// newScene returns when the first candidate, who may be isolated later, leads and
// the others follow.
func newScene(t *testing.T, k kind, redis topology) *scene {
	s := &scene{t: t, kind: k, redis: redis}
	s.settle()
	if k.stale {
		redis.(sentinelRedis).StopReplication()
	}
	s.join("a", redis.leaderClient(t))
	s.await("a to lead", s.candidates[0].election.IsLeader)
	for _, name := range []string{"b", "c"} {
		s.join(name, redis.client(t))
	}
	s.await("b and c to follow", func() bool {
		return s.candidates[1].followed.Load() && s.candidates[2].followed.Load()
	})
	s.candidates[0].awaitRenewal(s)
	s.first, _ = s.history.Latest()
	return s
}

// settle has the election's first use, and so the quarantine of a server that has
// only just been started, behind it.
func (s *scene) settle() {
	store := redisstore.New(s.redis.client(s.t))
	bid := leaderelection.Bid{Claim: "settler", Candidate: leaderelection.Candidate{Key: key, InfoKey: "info", ID: "settler", TTL: 100 * time.Millisecond}}
	state, err := store.Acquire(s.t.Context(), bid)
	if err != nil || state.Verdict != leaderelection.Granted {
		s.t.Fatalf("the first bid is answered %v, %v", state.Verdict, err)
	}
	if err := store.Release(s.t.Context(), leaderelection.Tenure{Candidate: bid.Candidate, Claim: bid.Claim, Term: state.Term}); err != nil {
		s.t.Fatal(err)
	}
}

// takenOver waits until another server is the primary.
func (s *scene) takenOver() {
	s.redis.awaitAnother()
	s.tookOver = belief.Now()
}

// goesOn expects the leader to have renewed since, in the term that it was in.
func (s *scene) goesOn() {
	s.candidates[0].awaitRenewal(s)
	s.candidates[0].awaitRenewal(s)
	latest, _ := s.history.Latest()
	if latest.First != s.first.First {
		s.t.Errorf("the leader's term did not go on: it ended at %v after the fault", latest.First-s.fault)
	}
}

// successor waits for another leader, and asks meanwhile how long nobody may be one.
func (s *scene) successor() {
	store := redisstore.New(s.redis.client(s.t))
	who := leaderelection.Candidate{Key: key, InfoKey: "info", ID: "onlooker"}
	s.await("another leader", func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		if state, err := store.Read(ctx, who); err == nil && state.Verdict == leaderelection.Quarantined {
			s.quarantine = belief.Now() + state.Remaining
		}
		return s.candidates[1].election.IsLeader() || s.candidates[2].election.IsLeader()
	})
	s.await("its reign to be known", func() bool {
		latest, _ := s.history.Latest()
		return latest.First > s.first.First
	})
}

// oneIsLeft waits until the isolated leader does not lead any more, and follows.
func (s *scene) oneIsLeft() {
	s.await("one leader to be left", func() bool { return !s.candidates[0].election.IsLeader() })
	for _, c := range s.candidates[1:] {
		if c.election.IsLeader() {
			return
		}
	}
	s.t.Error("and then nobody led")
}

func (s *scene) await(what string, condition func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
