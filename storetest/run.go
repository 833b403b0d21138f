package storetest

import (
	"testing"
	"testing/synctest"

	"example.com/leaderelection"
)

// Run tests the store that open returns; open is called once for each subtest,
// with the subtest's t, and may return the same store each time. The subtests run
// in parallel; Run returns when all have ended, after some seconds.
func Run(t *testing.T, open func(t *testing.T) leaderelection.Store) {
	t.Helper()
	run(t, func(t *testing.T, check func(*trial)) {
		check(&trial{TB: t, store: open(t)})
	})
}

// RunInBubble is Run with each subtest in a [synctest] bubble, where waiting takes
// no time. It is for stores that read time.Now and wait for nothing outside the
// bubble; open is called inside it.
func RunInBubble(t *testing.T, open func(t *testing.T) leaderelection.Store) {
	t.Helper()
	run(t, func(t *testing.T, check func(*trial)) {
		synctest.Test(t, func(t *testing.T) {
			check(&trial{TB: t, store: open(t)})
		})
	})
}

// run adds a level of subtests: parallel ones end before their parent does, so
// what open shares can be closed after Run.
func run(t *testing.T, in func(t *testing.T, check func(*trial))) {
	t.Run("Store", func(t *testing.T) {
		for _, promise := range promises {
			t.Run(promise.name, func(t *testing.T) {
				t.Parallel()
				in(t, promise.check)
			})
		}
	})
}

// promises are the contract's sentences, in its order.
var promises = []struct {
	name  string
	check func(*trial)
}{
	{"OneLeaseAmongMany", oneLeaseAmongMany},
	{"OneLeaseThroughHandovers", oneLeaseThroughHandovers},
	{"OneLeaseForTwoOfTheSameID", oneLeaseForTwoOfTheSameID},
	{"GrantTellsTheLease", grantTellsTheLease},
	{"RefusalTellsWhoLeads", refusalTellsWhoLeads},
	{"LeaseLastsItsTTL", leaseLastsItsTTL},
	{"LeaseLastsItsOwnersTTL", leaseLastsItsOwnersTTL},

	{"RepeatedAcquireIsTheSameGrant", repeatedAcquireIsTheSameGrant},
	{"RepeatedAcquireAfterTheLeaseIsRefused", repeatedAcquireAfterTheLeaseIsRefused},
	{"RepeatedAcquireAfterReleaseIsRefused", repeatedAcquireAfterReleaseIsRefused},
	{"AcquireOvertakenByItsReleaseIsRefused", acquireOvertakenByItsReleaseIsRefused},

	{"TermsGrow", termsGrow},
	{"TermsGrowBeyondSeen_2^53-1", termsGrowBeyond(1<<53 - 1)},
	{"TermsGrowBeyondSeen_2^53", termsGrowBeyond(1 << 53)},
	{"TermsGrowBeyondSeen_2^53+1", termsGrowBeyond(1<<53 + 1)},
	{"TermsGrowBeyondSeen_2^60", termsGrowBeyond(1 << 60)},
	{"TermsGrowBeyondSeen_2^60+7", termsGrowBeyond(1<<60 + 7)},
	{"LossIsWaitedOut", lossIsWaitedOut},
	{"LossSparesTheLeader", lossSparesTheLeader},

	{"RenewExtends", renewExtends},
	{"RenewKeepsTheLeaseStanding", renewKeepsTheLeaseStanding},
	{"RenewOfALapsedLeaseIsHonest", renewOfALapsedLeaseIsHonest},
	{"LateRenewChangesNothing", lateRenewChangesNothing},
	{"RenewAfterReleaseIsLost", renewAfterReleaseIsLost},

	{"ReleaseMakesRoom", releaseMakesRoom},
	{"ReleaseWithoutTermMakesRoom", releaseWithoutTermMakesRoom},
	{"LateReleaseChangesNothing", lateReleaseChangesNothing},

	{"ReadTellsWhoLeads", readTellsWhoLeads},
	{"ElectionsAreIndependent", electionsAreIndependent},
	{"AnyNameWillDo", anyNameWillDo},
	{"EndedContextEndsCalls", endedContextEndsCalls},

	{"WatchHints", watchHints},
	{"WatchTellsOnlookers", watchTellsOnlookers},
	{"WatchNeverDelaysTheElection", watchNeverDelaysTheElection},
	{"WatchEndsWithItsContext", watchEndsWithItsContext},
	{"AnnounceSucceedsForTheLeader", announceSucceedsForTheLeader},

	{"StepDownIsToldToTheLeader", stepDownIsToldToTheLeader},
	{"RepeatedStepDownDeposesOne", repeatedStepDownDeposesOne},
	{"HeirHasTheFirstRight", heirHasTheFirstRight},
	{"HeirThatDoesNotComeKeepsNobodyOut", heirThatDoesNotComeKeepsNobodyOut},
	{"HeirMustBePresent", heirMustBePresent},
	{"PauseElectsNobody", pauseElectsNobody},
	{"PauseAsksTheLeaderToStepDown", pauseAsksTheLeaderToStepDown},
	{"HighestPriorityWinsAVacancy", highestPriorityWinsAVacancy},
	{"HighestPriorityThatDoesNotComeKeepsNobodyOut", highestPriorityThatDoesNotComeKeepsNobodyOut},
	{"PreemptionIsAskedFor", preemptionIsAskedFor},
}
