package belief

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Reign is one unbroken belief of one process: that it leads, or may work.
type Reign struct {
	Process     string
	Term        int64
	First, Last time.Duration
}

// History collects what several processes print. It is safe for concurrent use.
type History struct {
	mu        sync.Mutex
	processes map[string]*chronicle
}

// chronicle is what one process has printed so far.
type chronicle struct {
	reigns map[Kind][]Reign // Lead and Work, in the order of their beginning
	others []Record
}

// Add takes in what a process printed. Its name must be its own: a process that
// is started again takes a new one.
func (h *History) Add(process string, record Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.processes == nil {
		h.processes = make(map[string]*chronicle)
	}
	own := h.processes[process]
	if own == nil {
		own = &chronicle{reigns: make(map[Kind][]Reign)}
		h.processes[process] = own
	}
	if record.Kind != Lead && record.Kind != Work {
		own.others = append(own.others, record)
		return
	}
	reign := Reign{Process: process, Term: record.Term, First: record.First, Last: record.Last}
	reigns := own.reigns[record.Kind]
	if last := len(reigns) - 1; last >= 0 && reigns[last].First == reign.First {
		reigns[last] = reign
		return
	}
	own.reigns[record.Kind] = append(reigns, reign)
}

// Reigns returns the beliefs of that kind (Lead or Work) of all processes, in
// the order in which they began.
func (h *History) Reigns(kind Kind) []Reign {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Reign
	for _, own := range h.processes {
		all = append(all, own.reigns[kind]...)
	}
	slices.SortFunc(all, func(a, b Reign) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Process, b.Process))
	})
	return all
}

// Latest returns the reign that began last; ok is false before the first one.
func (h *History) Latest() (reign Reign, ok bool) {
	reigns := h.Reigns(Lead)
	if len(reigns) == 0 {
		return Reign{}, false
	}
	return reigns[len(reigns)-1], true
}

// Since returns the first reign that lasted at that moment or began after it:
// who led next after a fault.
func (h *History) Since(moment time.Duration) (reign Reign, ok bool) {
	for _, reign := range h.Reigns(Lead) {
		if reign.Last >= moment {
			return reign, true
		}
	}
	return Reign{}, false
}

// Records returns what a process printed of these kinds, Lead and Work
// excepted, in the order in which it did.
func (h *History) Records(process string, kinds ...Kind) []Record {
	var chosen []Record
	h.Told(process, func(record Record) bool {
		if slices.Contains(kinds, record.Kind) {
			chosen = append(chosen, record)
		}
		return false
	})
	return chosen
}

// Told reports whether a process printed a record like that, Lead and Work
// excepted.
func (h *History) Told(process string, like func(Record) bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.processes[process]
	return own != nil && slices.ContainsFunc(own.others, like)
}

// Processes returns the names of all that have printed anything, sorted.
func (h *History) Processes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.processes))
}
