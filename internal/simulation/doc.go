// Package simulation runs whole elections through faults, in fake time, and judges
// what they did. Everything is the real code: Election, redisstore, go-redis, the
// Lua scripts. What is simulated is what lies around it:
//
//   - the network (network.go, conn.go): delays longer than a lease, losses,
//     repeated and reordered requests, resets, connections half open;
//   - the machines (machine.go): paused, suspended, crashed, with clocks that run
//     fast or slow and jump, whose timers all fire late at once;
//   - the server (host.go): internal/miniserver, restarted without its data or
//     with old data, failed over, flushed, frozen, answering with errors;
//   - the user's code (instance.go): work that is slow to stop, callbacks that
//     panic, Stop, Resign and Start at any moment.
//
// A seed decides all of it beforehand (plan.go), and replays exactly: time is that
// of a testing/synctest bubble, which goes on only when every goroutine waits, no
// two messages arrive at the same nanosecond, and every random choice is drawn from
// the seed for the thing it concerns, not for the order in which it is made. A seed
// that fails is shrunk to the faults it needs (shrink.go), and told as a timeline.
//
// What a simulation cannot show: two goroutines that race within one instant (that
// is the race detector's part), and anything that miniredis does otherwise than
// Redis (internal/nemesis).
package simulation
