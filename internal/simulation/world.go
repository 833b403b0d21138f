package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing/synctest"
	"time"
)

// world is one run of a plan.
type world struct {
	plan  Plan
	began time.Time
	host  *host
	slots []*slot
	staff *operator
	added chan struct{} // wakes the goroutine that does the tasks

	mu            sync.Mutex
	tell          bool // keep the story
	story         []line
	violations    []Violation
	terms         []int64   // in the order in which they began
	tasks         []task    // by when they are due
	troubledUntil time.Time // the end of the last thing that is wrong
}

// Violation is a promise that was broken.
type Violation struct {
	Promise string
	At      time.Duration
	Details string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s at %.3fs: %s", v.Promise, v.At.Seconds(), v.Details)
}

func newWorld(plan Plan, tell bool) *world {
	w := &world{plan: plan, began: time.Now(), tell: tell, added: make(chan struct{}, 1)}
	w.troubledUntil = w.began
	w.host = newHost(plan.FreshServer, w.note)
	w.staff = newOperator(w)
	for number := range plan.Candidates {
		w.slots = append(w.slots, newSlot(w, number))
	}
	return w
}

// run lets the plan happen.
func (w *world) run() {
	for _, s := range w.slots {
		s.start()
	}
	w.suffer()
	w.recover()
	w.end()
}

// often is how often everybody is asked whether it leads.
func (w *world) often() time.Duration { return w.plan.TTL / 12 }

// suffer lets the faults strike in their turn.
func (w *world) suffer() {
	for _, f := range w.plan.Faults {
		w.watchUntil(w.began.Add(f.At))
		w.note("fault", "%v", f)
		w.trouble(time.Now().Add(f.For))
		kinds[f.Kind].strike(w, f)
		synctest.Wait()
	}
}

// watchUntil lets time pass and things happen, and looks at who leads meanwhile.
func (w *world) watchUntil(moment time.Time) {
	for {
		for do, _ := w.nextTask(); do != nil; do, _ = w.nextTask() {
			do()
			w.watch()
		}
		if !time.Now().Before(moment) {
			return
		}
		_, next := w.nextTask()
		timer := time.NewTimer(min(w.often(), time.Until(moment), time.Until(next)))
		select {
		case <-timer.C:
		case <-w.added:
		}
		timer.Stop()
		w.watch()
	}
}

// watch checks that no two lead now (P1). Who is paused is not asked: it cannot
// ask itself. It is the moment that it resumes.
func (w *world) watch() {
	synctest.Wait()
	w.checkOneLeader("")
}

func (w *world) checkOneLeader(occasion string) {
	var leaders []string
	for _, s := range w.slots {
		if i := s.running(); i != nil && !i.machine.isPaused() && i.election.IsLeader() {
			leaders = append(leaders, fmt.Sprintf("%s in term %d", i.id, i.election.Term()))
		}
	}
	if len(leaders) > 1 {
		w.violate("P1, one leader", "%v lead%s", leaders, occasion)
	}
}

// leader returns who leads, nil if nobody does.
func (w *world) leader() *instance {
	for _, s := range w.slots {
		if i := s.running(); i != nil && i.election.IsLeader() {
			return i
		}
	}
	return nil
}

// end stops everybody, and checks that everybody comes to an end (P3, P4).
func (w *world) end() {
	leader := w.leader()
	var stopping sync.WaitGroup
	for _, s := range w.slots {
		if i := s.running(); i != nil {
			stopping.Go(func() { i.stopAndCheck() })
		}
	}
	stopping.Wait()
	if leader != nil && leader.err == nil {
		if held := w.host.command("GET", leaseKey); held != "$-1\r\n" && len(w.violations) == 0 {
			w.violate("P3, a stop releases", "everybody has stopped, and the lease is still held: %q", held)
		}
	}
	for _, s := range w.slots {
		s.cleanUp()
	}
	_ = w.staff.client.Close()
	w.host.thaw()
	w.host.server.Close()
	time.Sleep(settling)
	synctest.Wait()
}

// settling is how long what was closed may take to end: go-redis' subscriptions
// sleep for 100 ms before they look, and dial for 5 s.
const settling = 6 * time.Second

// later does something when d has passed, unless everything has ended before. All
// that a plan does is done by one goroutine, one thing at a time.
func (w *world) later(d time.Duration, f func()) {
	at := time.Now().Add(d)
	w.trouble(at)
	w.mu.Lock()
	w.tasks = append(w.tasks, task{at, f})
	slices.SortStableFunc(w.tasks, func(a, b task) int { return a.at.Compare(b.at) })
	w.mu.Unlock()
	select {
	case w.added <- struct{}{}:
	default:
	}
}

type task struct {
	at time.Time
	do func()
}

// nextTask takes the first task if it is due, and else returns when it will be.
func (w *world) nextTask() (do func(), at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tasks) == 0 {
		return nil, time.Now().Add(time.Hour)
	}
	first := w.tasks[0]
	if first.at.After(time.Now()) {
		return nil, first.at
	}
	w.tasks = w.tasks[1:]
	return first.do, first.at
}

// trouble notes that something is wrong until then.
func (w *world) trouble(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until.After(w.troubledUntil) {
		w.troubledUntil = until
	}
}

func (w *world) untroubled() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.troubledUntil
}

// note adds to the story, if it is told.
func (w *world) note(who, format string, args ...any) {
	if !w.tell {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, line{time.Since(w.began), who, fmt.Sprintf(format, args...)})
}

// violate notes that a promise was broken.
func (w *world) violate(promise, format string, args ...any) {
	v := Violation{Promise: promise, At: time.Since(w.began), Details: fmt.Sprintf(format, args...)}
	w.note("!!!", "%v", v)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, v)
}

// termBegins checks that terms grow (P2).
func (w *world) termBegins(who string, term int64) {
	w.mu.Lock()
	known := slices.Contains(w.terms, term)
	highest := int64(0)
	if len(w.terms) > 0 {
		highest = slices.Max(w.terms)
	}
	w.terms = append(w.terms, term)
	w.mu.Unlock()
	switch {
	case term <= 0:
		w.violate("P2, terms grow", "%s leads in term %d", who, term)
	case known, term < highest:
		w.violate("P2, terms grow", "%s leads in term %d after one in term %d", who, term, highest)
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
