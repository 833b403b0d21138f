// Package leaderelection picks exactly one instance of a service to do the work
// that must not be done twice, tells it so, and tells it to stop before anybody
// else starts.
//
//	election, err := leaderelection.New(redisstore.New(client), leaderelection.DefaultConfig())
//	if err != nil {
//		return err
//	}
//	return election.Lead(ctx, runScheduler)
//
// # What it cannot do
//
// No lease, of this library or any other, keeps a process from being paused
// between checking that it leads and acting on it. IsLeader is true for the
// moment in which it answers; a write that is sent right after it can still
// arrive late, in somebody else's term. Only the resource that is written to can
// refuse that: hand it the term (Term, TermFromContext), have it remember the
// highest it has seen, and refuse every lower one. Terms exist for this. They are
// called fencing tokens elsewhere. Package fence does it for what is written to a
// database or to Redis.
//
// Exactly one leader is promised on these assumptions:
//
//   - Clocks run at nearly the same rate. They need not show the same time. The
//     safety margin, a tenth of LockTTL by default, is also what they may drift
//     apart in one LockTTL.
//   - The store's own wall clock is not set forward while a lease stands, since
//     the store would then take the lease to have ended early. It may be set back;
//     only terms may then repeat, if the store has lost its data as well, and no
//     candidate is left that has seen the last one.
//   - Where candidates are configured with different LockTTLs, every
//     HeartbeatInterval is shorter than the shortest LockTTL.
//   - After a failover, the old primary does not go on to confirm renewals.
//     During a network partition it may, to a leader that is cut off together
//     with it, unless leases count only once replicas have them
//     (redisstore.WithReplicaAcks); min-replicas-to-write limits for how long.
//
// A graceful stop needs the work to return when it is told to. Work that ignores
// its ctx for longer than the drain timeout is reported and runs on beside the
// next leader's.
//
// # What is promised
//
//   - One leader. Two instances never both answer IsLeader() == true at the same
//     moment: through crashes, process pauses, slow or silent networks, lost or
//     repeated commands, and a Redis that restarts with or without its data, fails
//     over to a lagging replica, is flushed, evicts or is edited by hand.
//   - Terms only grow, also after the store lost its data.
//   - Stop before release. On a voluntary end the work has stopped before anybody
//     else can start. On an involuntary one it is told before the lease ends, by
//     the safety margin.
//   - Always a leader again: within milliseconds after a graceful stop and after a
//     crashed leader's lease has ended; within LockTTL + RetryInterval after Redis
//     lost its data together with the leader. No fault ends a candidacy, only Stop,
//     ctx, or a configuration that can't work.
//   - Nothing blocks the heartbeat: no callback, no hung connection, no slow log
//     handler delays a renewal or the end of a term.
//
// # The lease
//
// A lease that was granted or renewed by a request sent at t is believed in until
//
//	t + LockTTL - margin
//
// by the monotonic and by the wall clock of this machine, whichever says so first.
// The store counts LockTTL from when it executes that request, which is later than
// t; so the leader always stops first, by the margin at the least. IsLeader makes
// this comparison at every call. There is no flag that could be stale after a
// pause, and a lease that has lapsed once is never extended again.
//
// # States
//
//	          Start, Lead
//	               |
//	               v        refused: wait for a hint, the lease's end, RetryInterval
//	+------>  CAMPAIGNING  <---------------------------------------+
//	|              |       ----------------------------------------+
//	|              | granted
//	|              v        renewed: every HeartbeatInterval
//	|           LEADING    <---------------------------------------+
//	|            |   |     ----------------------------------------+
//	|  voluntary |   | involuntary: the deadline passed (ErrLeaseExpired),
//	|            |   |              or the store says lost (ErrDeposed)
//	|            v   v
//	|           DRAINING    IsLeader is false; then the ctx of work ends and
//	|              |        callbacks run; a lease given up is still renewed
//	|              | all returned
//	|              v
//	+---------- RELEASED    a lease given up is deleted; one that was lost is not touched
//	               |
//	               | Stop, ctx ended, work failed, a panic
//	               v
//	            returned
//
// # What happens when
//
//   - Redis is down at the start: the candidate tries again, from RetryInterval/8 up
//     to RetryInterval apart, and says so once.
//   - Redis is down for less than a lease: the leader leads on, in the same term.
//   - Redis is down for longer: the leader's term ends at its deadline, and it
//     campaigns again.
//   - Redis lost its data: nobody acquires for one LockTTL, in which every lease of
//     before runs out. A leader that lives renews, and goes on in the same term.
//   - A password is wrong, a permission missing, a key of another type: the first
//     time, Start returns a *ConfigurationError that names what to change. After the
//     store has worked once, it counts as an outage.
//   - Somebody asks the leader to step down, or for a pause (Operator): its term ends as
//     after Resign, with a *StepDownError for a cause.
//   - A callback or work panics: the term ends, the lease is released, and Start or
//     Lead returns a *PanicError.
//
// # Packages
//
// redisstore keeps elections in Redis, memstore in memory. Package storetest has
// the tests a Store must pass, for those who write their own.
// leaderelectiontest has a LeaderElection for unit tests, which does what the
// test tells it. fence and fence/redisfence are for the resources that a leader
// writes to.
package leaderelection
