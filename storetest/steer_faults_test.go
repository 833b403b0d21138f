package storetest

import (
	"sync/atomic"

	"example.com/leaderelection"
)

// steerable is an intercepted store that can be steered.
type steerable struct {
	intercepted
	steer func(s store, ctx ctx, key string, order leaderelection.Order) (state, error)
}

func (s steerable) Steer(ctx ctx, key string, order leaderelection.Order) (state, error) {
	if s.steer == nil {
		return s.Store.(leaderelection.Steerer).Steer(ctx, key, order)
	}
	return s.steer(s.Store, ctx, key, order)
}

func watching(s store, ctx ctx, key, id string) <-chan leaderelection.Hint {
	return s.(leaderelection.Watcher).Watch(ctx, key, id)
}

// biddingWith is a store that changes bids.
func biddingWith(works store, change func(*bid)) store {
	return steerable{intercepted: intercepted{Store: works, watch: watching, acquire: func(s store, ctx ctx, b bid) (state, error) {
		change(&b)
		return s.Acquire(ctx, b)
	}}}
}

// orderingWith is a store that changes orders.
func orderingWith(works store, change func(*leaderelection.Order)) store {
	return steerable{intercepted: intercepted{Store: works, watch: watching}, steer: func(s store, ctx ctx, key string, order leaderelection.Order) (state, error) {
		change(&order)
		return s.(leaderelection.Steerer).Steer(ctx, key, order)
	}}
}

// steeringFaults are stores that break a promise of a Steerer.
var steeringFaults = []fault{
	{"TellsTheLeaderOfNoOrder", func(works store) store {
		return steerable{intercepted: intercepted{Store: works, watch: watching, renew: func(s store, ctx ctx, t tenure) (state, error) {
			got, err := s.Renew(ctx, t)
			got.Asked = nil
			return got, err
		}}}
	}, []string{"StepDownIsToldToTheLeader", "PauseAsksTheLeaderToStepDown", "PreemptionIsAskedFor"}},

	{"TellsOrdersToTheNextLeaderToo", func(works store) store {
		var asked atomic.Pointer[leaderelection.StepDownError]
		return steerable{intercepted: intercepted{Store: works, watch: watching, renew: func(s store, ctx ctx, t tenure) (state, error) {
			got, err := s.Renew(ctx, t)
			if got.Asked != nil {
				asked.Store(got.Asked)
			}
			got.Asked = asked.Load()
			return got, err
		}}}
	}, []string{"StepDownIsToldToTheLeader"}},

	{"AsksWhoeverLeads", func(works store) store {
		return orderingWith(works, func(order *leaderelection.Order) { order.Term = 0 })
	}, []string{"RepeatedStepDownDeposesOne"}},

	{"KnowsNoHeirs", func(works store) store {
		return orderingWith(works, func(order *leaderelection.Order) { order.To = "" })
	}, []string{"HeirHasTheFirstRight", "HeirMustBePresent"}},

	{"ReservesForEver", func(works store) store {
		var reserved atomic.Bool
		return steerable{intercepted: intercepted{Store: works, watch: watching, acquire: func(s store, ctx ctx, b bid) (state, error) {
			got, err := s.Acquire(ctx, b)
			if reserved.Load() && got.Verdict == leaderelection.Granted {
				got.Verdict = leaderelection.Reserved
			}
			reserved.Store(reserved.Load() || got.Verdict == leaderelection.Reserved)
			return got, err
		}}}
	}, []string{"HeirThatDoesNotComeKeepsNobodyOut", "HighestPriorityThatDoesNotComeKeepsNobodyOut"}},

	{"PausesNothing", func(works store) store {
		return orderingWith(works, func(order *leaderelection.Order) {
			if order.Kind == leaderelection.OrderPause {
				*order = leaderelection.Order{Kind: leaderelection.OrderStepDown, By: order.By}
			}
		})
	}, []string{"PauseElectsNobody"}},

	{"PausesForEver", func(works store) store {
		return orderingWith(works, func(order *leaderelection.Order) { order.For = 0 })
	}, []string{"PauseAsksTheLeaderToStepDown"}},

	{"PausesWithoutAskingTheLeader", func(works store) store {
		return orderingWith(works, func(order *leaderelection.Order) { order.KeepLeader = true })
	}, []string{"PauseAsksTheLeaderToStepDown"}},

	{"KnowsNoPriorities", func(works store) store {
		return biddingWith(works, func(b *bid) { b.Priority = 0 })
	}, []string{"HighestPriorityWinsAVacancy", "PreemptionIsAskedFor"}},

	{"PreemptsUnasked", func(works store) store {
		return biddingWith(works, func(b *bid) { b.Preempts = true })
	}, []string{"HighestPriorityWinsAVacancy", "PreemptionIsAskedFor"}},

	{"NeverPreempts", func(works store) store {
		return biddingWith(works, func(b *bid) { b.Preempts = false })
	}, []string{"PreemptionIsAskedFor"}},
}
