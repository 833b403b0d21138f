package memstore

import "example.com/leaderelection"

// watches are the channels on which followers and onlookers wait, by election.
// Whoever uses them holds Store.mu.
type watches map[string]map[chan leaderelection.Hint]watcher

// watcher says who wants to be told, "" for an onlooker.
type watcher struct{ id string }

// add returns a channel that already holds its first hint: what happened before
// the watch was missed, so one attempt is worth it (F21).
func (w watches) add(key string, by watcher) chan leaderelection.Hint {
	if w[key] == nil {
		w[key] = map[chan leaderelection.Hint]watcher{}
	}
	hints := make(chan leaderelection.Hint, 1)
	hints <- leaderelection.HintMissed
	w[key][hints] = by
	return hints
}

func (w watches) remove(key string, hints chan leaderelection.Hint) {
	delete(w[key], hints)
	if len(w[key]) == 0 {
		delete(w, key)
	}
}

func (w watches) hint(key string, hint leaderelection.Hint) {
	for hints, by := range w[key] {
		if by.id == "" || hint == leaderelection.HintVacant {
			merge(hints, hint)
		}
	}
}

// order tells a leader that it is asked for something.
func (w watches) order(key, leader string) {
	for hints, by := range w[key] {
		if by.id == leader {
			merge(hints, leaderelection.HintOrder)
		}
	}
}

func (w watches) has(key, id string) bool {
	for _, by := range w[key] {
		if by.id == id {
			return true
		}
	}
	return false
}

// merge never blocks. Where a hint is still waiting to be read, HintVacant and HintOrder
// take its place and HintElected gives way: a lost HintVacant costs a RetryInterval
// without a leader, a lost HintOrder a heartbeat, a lost HintElected nothing.
func merge(hints chan leaderelection.Hint, hint leaderelection.Hint) {
	select {
	case hints <- hint:
		return
	default:
	}
	if hint == leaderelection.HintElected {
		return
	}
	select {
	case <-hints:
	default: // the follower has just read it
	}
	hints <- hint // there is room: nobody else sends without Store.mu
}
