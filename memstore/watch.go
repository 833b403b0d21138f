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

// tell gives one candidate a hint, and reports whether it is there to hear it.
func (w watches) tell(key, id string, hint leaderelection.Hint) (heard bool) {
	for hints, by := range w[key] {
		if by.id == id {
			merge(hints, hint)
			heard = true
		}
	}
	return heard
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
