// Package model explores the protocol exhaustively for a small configuration: two
// candidates, one server that restarts empty, goes back to an earlier copy of its
// data or is replaced by a replica, and a network that delays, reorders, repeats and
// loses. It takes every step that can be taken in every state, breadth first, so that
// a broken promise is told by a shortest way to it.
//
// The rules (rules.go) are those of the Lua scripts, over numbers so small that they
// can be enumerated: time is counted in ticks, a term is a tick and a rest, claims
// are numbered. That they are the same is tested: the states and requests that the
// exploration meets, and every combination of the values that matter, are put to the
// real scripts through redisstore, and must be answered alike and leave the same
// behind (scripts_test.go).
//
// What is checked (promises.go): that no two believe to lead at one tick (P1); at
// every grant, that its term is above all before (P2); and of every state with nothing
// under way that, if from there on nothing goes wrong any more, somebody leads within
// a bounded time (P4): once with both alive, once with either of them dead.
//
// States that behave alike are visited once (canonical.go). That they do is tested
// too: by exploring without merging, and comparing what is found.
//
// A process that is paused is one that takes no step while time passes. A candidate
// that stops is one that releases and bids no more; one that loses its memory has
// crashed. A leader that goes on renewing while its work drains believes less than one
// that leads on, and so is covered by it.
//
// What is not modelled: the history, the candidates set, wake-ups, locks of other
// programs, keys deleted one by one (the lease is one thing here, not three
// witnesses), an INFO that is refused, flushes (which INFO tells of, unlike a restart,
// for good), more than eight claims given back, the repetition of a release that was
// not answered, TTLs that differ between candidates, the safety margin, clocks that
// run at different rates or are set, time finer than half a TTL, and a third
// candidate. internal/simulation has most of those.
package model
