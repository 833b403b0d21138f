package storetest

import (
	"context"
	"sync"
	"time"

	"example.com/leaderelection"
)

type (
	store  = leaderelection.Store
	bid    = leaderelection.Bid
	tenure = leaderelection.Tenure
	state  = leaderelection.State
)

// fault is a store that breaks one promise, and the subtests that must notice.
type fault struct {
	name     string
	in       func(works store) store
	caughtBy []string
}

var faults = []fault{
	{"GrantsWhileHeld", func(works store) store {
		return answering(works, nil, func(s *state) {
			if s.Verdict == leaderelection.Held {
				s.Verdict = leaderelection.Granted
			}
		})
	}, []string{"OneLeaseAmongMany", "OneLeaseThroughHandovers", "LeaseLastsItsTTL"}},

	{"GrantsToTheSameInstanceID", func(works store) store {
		return intercepted{Store: works, acquire: func(s store, ctx ctx, b bid) (state, error) {
			got, err := s.Acquire(ctx, b)
			if got.Verdict == leaderelection.Held && got.Leader.InstanceID == b.ID {
				got.Verdict = leaderelection.Granted
			}
			return got, err
		}}
	}, []string{"OneLeaseForTwoOfTheSameID"}},

	{"HidesTheLeader", func(works store) store {
		return answering(works, nil, func(s *state) { s.Leader = nil })
	}, []string{"RefusalTellsWhoLeads", "ReadTellsWhoLeads", "GrantTellsTheLease"}},

	{"EndsLeasesEarly", func(works store) store {
		return answering(works, func(c *leaderelection.Candidate) { c.TTL /= 2 }, func(s *state) { s.TTL *= 2; s.Remaining *= 2 })
	}, []string{"LeaseLastsItsTTL", "RenewOfALapsedLeaseIsHonest"}},

	{"EndsLeasesLate", func(works store) store {
		return answering(works, func(c *leaderelection.Candidate) { c.TTL *= 2 }, func(s *state) { s.TTL /= 2; s.Remaining /= 2 })
	}, []string{"LeaseLastsItsTTL", "LeaseLastsItsOwnersTTL", "RenewKeepsTheLeaseStanding"}},

	{"GivesEverybodyTheSameTTL", func(works store) store {
		return answering(works, func(c *leaderelection.Candidate) { c.TTL = short }, nil)
	}, []string{"LeaseLastsItsOwnersTTL"}},

	{"ExtendsAtARepeatedAcquire", func(works store) store {
		return intercepted{Store: works, acquire: func(s store, ctx ctx, b bid) (state, error) {
			got, err := s.Acquire(ctx, b)
			if got.Verdict != leaderelection.Granted {
				return got, err
			}
			return s.Renew(ctx, tenure{Candidate: b.Candidate, Claim: b.Claim, Term: got.Term})
		}}
	}, []string{"RepeatedAcquireIsTheSameGrant"}},

	{"RefusesARepeatedAcquire", func(works store) store {
		var claims sync.Map
		return intercepted{Store: works, acquire: func(s store, ctx ctx, b bid) (state, error) {
			got, err := s.Acquire(ctx, b)
			if _, repeated := claims.LoadOrStore(b.Claim, true); repeated {
				got.Verdict = leaderelection.Held
			}
			return got, err
		}}
	}, []string{"RepeatedAcquireIsTheSameGrant"}},

	{"ForgetsSpentClaims", func(works store) store {
		return intercepted{Store: works, acquire: func(s store, ctx ctx, b bid) (state, error) {
			got, err := s.Acquire(ctx, b)
			if got.Verdict == leaderelection.Lost {
				b.Claim += "again"
				return s.Acquire(ctx, b)
			}
			return got, err
		}}
	}, []string{"RepeatedAcquireAfterTheLeaseIsRefused", "RepeatedAcquireAfterReleaseIsRefused", "AcquireOvertakenByItsReleaseIsRefused"}},

	{"RepeatsTerms", func(works store) store {
		h := &holders{}
		disguised := answering(works, nil, func(s *state) {
			s.Term = min(s.Term, 1)
			if s.Leader != nil {
				s.Leader.Term = 1
			}
		})
		return intercepted{Store: disguised,
			acquire: func(s store, ctx ctx, b bid) (state, error) {
				if got, err := h.acquire(works, ctx, b); err != nil || got.Verdict == leaderelection.Lost {
					return got, err
				}
				return s.Acquire(ctx, b) // repeated, so the answer is the same
			},
			renew: func(s store, ctx ctx, t tenure) (state, error) {
				if holder, _ := h.get(t.Key); holder.Claim == t.Claim && t.Term == 1 {
					t.Term = holder.Term
				}
				return s.Renew(ctx, t)
			},
			release: func(_ store, ctx ctx, t tenure) error {
				t.Term = 0
				return works.Release(ctx, t)
			},
		}
	}, []string{"TermsGrow", "OneLeaseThroughHandovers", "TermsGrowBeyondSeen_2^60"}},

	{"IgnoresTheSeenTerm", func(works store) store {
		return intercepted{Store: works, acquire: func(s store, ctx ctx, b bid) (state, error) {
			b.SeenTerm = 0
			return s.Acquire(ctx, b)
		}}
	}, []string{"TermsGrowBeyondSeen_2^53", "TermsGrowBeyondSeen_2^60"}},

	{"CountsTermsInFloatingPoint", func(works store) store {
		float := answering(works, nil, func(s *state) { s.Term = int64(float64(s.Term)) })
		return intercepted{Store: float,
			acquire: func(s store, ctx ctx, b bid) (state, error) {
				b.SeenTerm = int64(float64(b.SeenTerm))
				return s.Acquire(ctx, b)
			},
		}
	}, []string{"TermsGrowBeyondSeen_2^53", "TermsGrowBeyondSeen_2^60", "TermsGrowBeyondSeen_2^60+7"}},

	{"NeverEndsAQuarantine", func(works store) store {
		c := newCautious(works)
		c.never = true
		return c
	}, []string{"LossIsWaitedOut", "TermsGrowBeyondSeen_2^60"}},

	{"EndsAQuarantineEarly", func(works store) store {
		c := newCautious(works)
		c.hasty = true
		return c
	}, []string{"LossIsWaitedOut"}},

	{"DeposesTheLeaderInAQuarantine", func(works store) store {
		return intercepted{Store: newCautious(works), renew: func(_ store, ctx ctx, t tenure) (state, error) {
			return works.Renew(ctx, t)
		}}
	}, []string{"LossSparesTheLeader"}},

	{"RenewsNothing", func(works store) store {
		return intercepted{Store: works, renew: func(s store, ctx ctx, t tenure) (state, error) {
			got, err := s.Read(ctx, t.Candidate)
			got.Verdict = leaderelection.Granted
			return got, err
		}}
	}, []string{"RenewExtends", "RenewKeepsTheLeaseStanding", "LateRenewChangesNothing"}},

	{"RenewsForAnyone", func(works store) store {
		h := &holders{}
		return intercepted{Store: works, acquire: h.acquire, renew: func(s store, ctx ctx, t tenure) (state, error) {
			if holder, ok := h.get(t.Key); ok {
				t.Claim, t.Term = holder.Claim, holder.Term
			}
			return s.Renew(ctx, t)
		}}
	}, []string{"LateRenewChangesNothing", "OneLeaseForTwoOfTheSameID", "TermsGrowBeyondSeen_2^60"}},

	{"RenewsWhatLapsedWithoutStanding", func(works store) store {
		return intercepted{Store: works, renew: func(s store, ctx ctx, t tenure) (state, error) {
			if got, err := s.Read(ctx, t.Candidate); err != nil || got.Verdict == leaderelection.Vacant {
				got.Verdict = leaderelection.Granted
				return got, err
			}
			return s.Renew(ctx, t)
		}}
	}, []string{"RenewOfALapsedLeaseIsHonest", "RenewAfterReleaseIsLost"}},

	{"ReleasesForAnyone", func(works store) store {
		h := &holders{}
		return intercepted{Store: works, acquire: h.acquire, release: func(s store, ctx ctx, t tenure) error {
			if holder, ok := h.get(t.Key); ok {
				t.Claim, t.Term = holder.Claim, holder.Term
			}
			return s.Release(ctx, t)
		}}
	}, []string{"LateReleaseChangesNothing", "OneLeaseForTwoOfTheSameID"}},

	{"ReleasesNothing", func(works store) store {
		return intercepted{Store: works, release: func(store, ctx, tenure) error { return nil }}
	}, []string{"ReleaseMakesRoom", "RenewAfterReleaseIsLost"}},

	{"ReleasesNothingWithoutTerm", func(works store) store {
		return intercepted{Store: works, release: func(s store, ctx ctx, t tenure) error {
			if t.Term == 0 {
				return nil
			}
			return s.Release(ctx, t)
		}}
	}, []string{"ReleaseWithoutTermMakesRoom", "AcquireOvertakenByItsReleaseIsRefused"}},

	{"ReadsVacant", func(works store) store {
		return intercepted{Store: works, read: func(store, ctx, leaderelection.Candidate) (state, error) {
			return state{}, nil
		}}
	}, []string{"ReadTellsWhoLeads"}},

	{"MixesElections", func(works store) store {
		return answering(works, func(c *leaderelection.Candidate) { c.Key = normalized(c.Key) }, nil)
	}, []string{"ElectionsAreIndependent"}},

	{"ManglesNames", func(works store) store {
		return answering(works, func(c *leaderelection.Candidate) { c.ID = normalized(c.ID) }, nil)
	}, []string{"AnyNameWillDo"}},

	{"IgnoresContexts", func(works store) store {
		return intercepted{Store: works, read: func(s store, ctx ctx, c leaderelection.Candidate) (state, error) {
			return s.Read(context.WithoutCancel(ctx), c)
		}}
	}, []string{"EndedContextEndsCalls"}},

	{"NeverReturns", func(works store) store {
		return intercepted{Store: works, release: func(s store, ctx ctx, t tenure) error {
			if ctx.Err() != nil {
				time.Sleep(2 * patience)
			}
			return s.Release(ctx, t)
		}}
	}, []string{"EndedContextEndsCalls"}},

	{"WatchesNothing", func(works store) store {
		return intercepted{Store: works, watch: func(store, ctx, string, string) <-chan leaderelection.Hint {
			return make(chan leaderelection.Hint)
		}}
	}, []string{"WatchHints", "WatchTellsOnlookers"}},

	{"HintsOnlyAtTheBeginning", func(works store) store {
		return intercepted{Store: works, watch: func(store, ctx, string, string) <-chan leaderelection.Hint {
			hints := make(chan leaderelection.Hint, 1)
			hints <- leaderelection.HintMissed
			return hints
		}}
	}, []string{"WatchHints", "WatchTellsOnlookers"}},

	{"KnowsNoOnlookers", func(works store) store {
		return intercepted{Store: works, watch: func(s store, ctx ctx, key, id string) <-chan leaderelection.Hint {
			if id == "" {
				key = "somebody else's"
			}
			return s.(leaderelection.Watcher).Watch(ctx, key, id)
		}}
	}, []string{"WatchTellsOnlookers"}},

	{"WatchesForEver", func(works store) store {
		return intercepted{Store: works, watch: func(s store, ctx ctx, key, id string) <-chan leaderelection.Hint {
			return s.(leaderelection.Watcher).Watch(context.WithoutCancel(ctx), key, id)
		}}
	}, []string{"WatchEndsWithItsContext"}},
}
