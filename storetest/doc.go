// Package storetest is the conformance suite of [leaderelection.Store]: it says
// with tests what every store must do, as [testing/fstest] does for file systems.
//
// # Writing a store
//
// Implement the four methods of [leaderelection.Store] over a database that can
// compare and write in one atomic step, and that has a clock of its own. For each
// Candidate.Key it keeps: the last term, the claim that was granted it, its
// holder and TTL, and when the lease ends by the database's clock. Everything that
// a method compares and writes belongs into one transaction or script. Then:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) leaderelection.Store {
//			return mystore.New(connect(t))
//		})
//	}
//
// The store may be shared by all subtests and hold other elections: each subtest
// uses keys with "storetest" and a random part in them, and expects them to be new.
// The leases it leaves behind last half a minute at most.
//
// # What it proves
//
// Each subtest is named for the promise it tests. Those about Watch, Announce and Steer
// are skipped where the store is no [leaderelection.Watcher], [leaderelection.Announcer]
// or [leaderelection.Steerer].
//
// The suite asserts no duration that a busy machine can miss. The store executes a
// call at some moment between its sending and its answer, so a lease certainly
// stands until (sending of its grant + TTL), and has certainly ended at (answer +
// TTL): a grant answered before the former, or a refusal of a request sent after
// the latter, is a violation on any machine.
//
// A store that may have lost its data may answer Quarantined. The suite waits for
// that to end where the contract allows it, up to ten seconds.
//
// # What it cannot prove
//
// That the store survives the loss of its data: only the store's own tests can
// restart its server. And that a lease lasts by the store's clock alone: a store
// that compares its callers' clocks passes on one machine, and fails on two.
package storetest
