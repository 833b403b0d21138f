package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/miniserver"
)

// kind is what is common to all faults of a kind. Lengths are the longest that
// are drawn, in LockTTLs.
type kind struct {
	weight   int // how often it is drawn
	lasts    float64
	by       float64
	what     []string // of which one is drawn
	ofServer bool
	meddles  bool // with what the election keeps
	strike   func(w *world, f Fault)
}

// kinds has all faults by name, and lots each name as often as it weighs.
var (
	kinds map[string]kind
	lots  []string
)

// The keys that hold the lease: its three witnesses.
const (
	lockKey   = leaderelection.DefaultRedisKeyName
	leaseKey  = "{" + lockKey + "}:lease"
	recordKey = "{" + lockKey + "}:term"
)

// Two kinds that plans treat with care.
const (
	suspended = "suspended"
	clockBack = "clock back"
)

func init() {
	kinds = map[string]kind{
		"requests are late":   onLink(6, delaysRequests, 1.5, 2),
		"answers are late":    onLink(4, delaysAnswers, 1.5, 2),
		"requests are lost":   onLink(3, losesRequests, 1.5, 0),
		"answers are lost":    onLink(4, losesAnswers, 1.5, 0),
		"black hole":          onLink(4, blackHole, 2, 0),
		"connections refused": onLink(2, refuses, 1.5, 0),
		"requests repeated":   onLink(4, repeats, 1.5, 2),
		"connections reset":   onSlot(3, 0, 0, func(s *slot, _ Fault) { s.link.reset() }),

		"paused":         onProcess(6, 2, 0, func(i *instance, f Fault) { i.pause(f.For, false) }),
		suspended:        onProcess(2, 2, 0, func(i *instance, f Fault) { i.pause(f.For, true) }),
		"clock forward":  onProcess(1, 0, 2, func(i *instance, f Fault) { i.setClock(f.By) }),
		clockBack:        onProcess(2, 0, 2, func(i *instance, f Fault) { i.setClock(-f.By) }),
		"crash":          onProcess(4, 1, 0, func(i *instance, f Fault) { i.crash(f.For, false) }),
		"crash for good": onProcess(2, 1, 0, func(i *instance, f Fault) { i.crash(f.For, true) }), // its successor has another name
		"stopped":        onProcess(3, 1, 0, func(i *instance, f Fault) { i.stop(f.For) }),
		"resigns":        onProcess(3, 0, 0, func(i *instance, _ Fault) { i.resign() }),

		"asked to step down":               onServer(2, 0, func(w *world, _ Fault) { w.staff.askToStepDown(anybody) }),
		"asked to step down for":           onSlot(3, 0, 0, func(s *slot, _ Fault) { s.world.staff.askToStepDown(s.number) }),
		"elections paused":                 onServer(2, 1.5, func(w *world, f Fault) { w.staff.pause(f.For, false) }),
		"elections paused, not the leader": onServer(1, 1.5, func(w *world, f Fault) { w.staff.pause(f.For, true) }),

		"work returns":       onProcess(2, 0, 0, func(i *instance, _ Fault) { i.order(workReturns) }),
		"work fails":         onProcess(1, 0, 0, func(i *instance, _ Fault) { i.order(workFails) }),
		"work panics":        onProcess(1, 0, 0, func(i *instance, _ Fault) { i.order(workPanics) }),
		"callbacks panic":    onSlot(1, 1, 0, func(s *slot, f Fault) { s.misbehave(&s.panicsUntil, f) }),
		"slow to stop":       onSlot(2, 2, 0, func(s *slot, f Fault) { s.misbehave(&s.workSlowUntil, f) }),
		"callbacks are slow": onSlot(2, 2, 0, func(s *slot, f Fault) { s.misbehave(&s.callbacksSlowUntil, f) }),

		"server restarts empty":          onServer(4, 1, (*world).restartEmpty),
		"server rolled back":             onServer(4, 2, (*world).rollBack),
		"server fails over to a replica": onServer(4, 1, (*world).failOver),
		"server restarts with its data":  onServer(1, 1, (*world).restart),
		"server frozen":                  onServer(3, 2, (*world).freeze),
		"flushed":                        onServer(3, 0, (*world).flush),
		"scripts flushed":                onServer(1, 0, func(w *world, _ Fault) { w.host.command("SCRIPT", "FLUSH") }),
		"key deleted":                    onServer(3, 0, (*world).deleteKey).of(lockKey, leaseKey, recordKey).thatMeddles(),
		"key persisted":                  onServer(1, 0, func(w *world, f Fault) { w.host.command("PERSIST", f.What) }).of(lockKey, leaseKey, recordKey).thatMeddles(),
		"key overwritten":                onServer(2, 1, (*world).overwrite).of(lockKey, leaseKey, recordKey).thatMeddles(),
		"lock taken the old way":         onServer(1, 1, (*world).takeTheOldWay),
		"server answers with errors": onServer(4, 1.5, (*world).answerErrors).of(
			"LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
			"OOM command not allowed when used memory > 'maxmemory'.", "MISCONF Redis is configured to save RDB snapshots",
			"NOREPLICAS Not enough good replicas to write.", "BUSY Redis is busy running a script.", "CLUSTERDOWN The cluster is down",
			"TRYAGAIN Multiple keys request during rehashing of slot", "ERR max number of clients reached", "WRONGPASS invalid username-password pair or user is disabled.",
			"NOAUTH Authentication required.", "NOPERM this user has no permissions to run the 'evalsha' command"),
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for range kinds[name].weight {
			lots = append(lots, name)
		}
	}
}

func onLink(weight int, e effect, lasts, by float64) kind {
	return onSlot(weight, lasts, by, func(s *slot, f Fault) { s.link.suffer(e, f.For, f.By) })
}

func onSlot(weight int, lasts, by float64, strike func(s *slot, f Fault)) kind {
	return kind{weight: weight, lasts: lasts, by: by, strike: func(w *world, f Fault) { strike(w.slots[f.Who], f) }}
}

// onProcess is a fault of a process, which there must be.
func onProcess(weight int, lasts, by float64, strike func(i *instance, f Fault)) kind {
	return onSlot(weight, lasts, by, func(s *slot, f Fault) {
		if i := s.running(); i != nil && !i.machine.isPaused() {
			strike(i, f)
		}
	})
}

func onServer(weight int, lasts float64, strike func(w *world, f Fault)) kind {
	return kind{weight: weight, lasts: lasts, ofServer: true, strike: strike}
}

func (k kind) of(what ...string) kind {
	k.what = what
	return k
}

func (k kind) thatMeddles() kind {
	k.meddles = true
	return k
}

func (w *world) restartEmpty(f Fault) {
	w.host.stop()
	w.later(f.For, func() { w.host.begin(w.host.server.Restart) })
	w.staff.forgets()
}

func (w *world) flush(Fault) {
	w.host.command("FLUSHALL")
	w.staff.forgets()
}

func (w *world) deleteKey(f Fault) {
	w.host.command("DEL", f.What)
	if f.What == recordKey {
		w.staff.forgets()
	}
}

// rollBack restarts the server from what it had written to disk a while before.
func (w *world) rollBack(f Fault) {
	snapshot := w.snapshot()
	w.later(f.For, func() {
		w.host.begin(func() { w.host.server.RestartFrom(snapshot) })
		w.staff.forgets()
	})
}

// failOver replaces the server by a replica that has missed what came last.
func (w *world) failOver(f Fault) {
	snapshot := w.snapshot()
	w.later(f.For, func() {
		w.host.begin(func() { w.host.server.FailOver(snapshot) })
		w.staff.forgets()
	})
}

func (w *world) snapshot() miniserver.Snapshot {
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	return w.host.server.Snapshot()
}

func (w *world) restart(f Fault) {
	w.host.stop()
	w.later(f.For, func() { w.host.begin(w.host.server.RestartKeepingData) })
}

func (w *world) freeze(f Fault) {
	w.host.freeze()
	w.later(f.For, w.host.thaw)
}

func (w *world) overwrite(f Fault) {
	w.deleteKey(f)
	w.host.command("RPUSH", f.What, "somebody", "else's")
	w.later(f.For, w.removeForeign)
}

// removeForeign deletes what was overwritten, and a lock of the older program that
// somebody has made last for ever: what an operator does who reads the error, or
// sees who holds it. It may come back by a restart from a snapshot.
func (w *world) removeForeign() {
	for _, key := range []string{lockKey, leaseKey, recordKey} {
		if w.host.command("TYPE", key) == "+list\r\n" {
			w.host.command("DEL", key)
		}
	}
	if w.host.command("GET", lockKey) == bulk(olderProgram) && w.host.command("PTTL", lockKey) == ":-1\r\n" {
		w.host.command("DEL", lockKey)
	}
}

const olderProgram = "old-program"

// bulk is a string as a server answers it.
func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }

// takeTheOldWay is a program that holds the lock by SET NX PX, as those do that
// don't use this library. Its lock ends by its expiry.
func (w *world) takeTheOldWay(f Fault) {
	w.host.command("SET", lockKey, olderProgram, "NX", "PX", milliseconds(f.For))
	w.trouble(time.Now().Add(f.For))
}

func (w *world) answerErrors(f Fault) {
	w.host.server.SetError(f.What)
	w.later(f.For, func() { w.host.server.SetError("") })
}
