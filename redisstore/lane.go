package redisstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"example.com/leaderelection/internal/protocol"
)

// A lane is the way to one server. Calls that come while a round trip is under way
// wait for its end, and then share the next one: so ten thousand heartbeats take a
// hundred packets, and a single one waits for nobody.
//
// go-redis has the same as AutoPipeline. It is experimental, and with it a round trip
// into a silent network holds up all that come after it (F34); here for lull only.
type lane struct {
	exchange func(ctx context.Context, batch []*call)
	overdue  *overdue

	mu      sync.Mutex
	waiting []*call   // in the order in which they came
	urgent  int       // how many at the front of them go first
	abreast int       // round trips under way that are in time
	begun   time.Time // when the latest of them was
	late    *time.Timer
}

const (
	lull         = 5 * time.Millisecond // so long a call waits for a round trip to end before it begins another
	mostAbreast  = 4                    // round trips on one lane, each of which takes one of the user's connections
	mostUrgent   = 12                   // the same, with leases that stand: connections may have died by the dozen
	mostTogether = 128                  // calls in a round trip: some 3 ms of the server's time
)

// call is one script on its way.
type call struct {
	ctx   context.Context
	eval  protocol.Eval
	reply any
	err   error
	done  chan struct{} // closed when reply and err are there; nil of a call that goes alone, at once
}

// do executes a script. A ctx that ends takes back what has not been sent; what has
// is waited for, since it keeps a connection.
func (l *lane) do(ctx context.Context, eval protocol.Eval) (any, error) {
	c := &call{ctx: ctx, eval: eval}
	switch batch := l.enter(c); {
	case c.done == nil:
		l.drive(batch) // which is this call alone
		return c.reply, c.err
	case batch != nil:
		go l.drive(batch) // others', perhaps, and then as long as theirs may take
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if l.withdraw(c) {
			return nil, context.Cause(ctx)
		}
		<-c.done
	}
	return c.reply, c.err
}

// enter queues a call, and returns what is to be sent at once, nil if it has to wait.
// Leases that stand go before bids for them: a crowd of bidders must not starve a
// leader.
func (l *lane) enter(c *call) []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.abreast == 0 && len(l.waiting) == 0 {
		return l.begin([]*call{c})
	}
	c.done = make(chan struct{})
	if c.eval.Urgent {
		l.waiting = slices.Insert(l.waiting, l.urgent, c)
		l.urgent++
	} else {
		l.waiting = append(l.waiting, c)
	}
	return l.next()
}

// withdraw takes back a call that is still waiting.
func (l *lane) withdraw(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, c)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	if i < l.urgent {
		l.urgent--
	}
	return true
}

// next takes what is to be sent now: all that waits if nothing is under way, or if
// what is has taken too long to wait for. mu is held.
func (l *lane) next() []*call {
	n := min(len(l.waiting), mostTogether)
	if l.abreast >= mostAbreast {
		n = min(n, l.urgent)
	}
	if n == 0 || l.abreast >= mostUrgent {
		return nil
	}
	if patience := lull - time.Since(l.begun); l.abreast > 0 && patience > 0 {
		l.overtakeAfter(patience)
		return nil
	}
	batch := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	l.urgent = max(0, l.urgent-n)
	if len(l.waiting) > 0 {
		l.overtakeAfter(lull)
	}
	return l.begin(batch)
}

func (l *lane) overtakeAfter(patience time.Duration) {
	if l.late == nil {
		l.late = time.AfterFunc(patience, l.overtake)
	}
}

func (l *lane) begin(batch []*call) []*call {
	l.abreast++
	l.begun = time.Now()
	return batch
}

// overtake sends what has waited for a round trip for lull.
func (l *lane) overtake() {
	l.mu.Lock()
	l.late = nil
	batch := l.next()
	l.mu.Unlock()
	if batch != nil {
		l.drive(batch)
	}
}

// drive makes the round trip, and has the next one begin when it is over, or when
// nobody in it has any time left.
func (l *lane) drive(batch []*call) {
	ctx, cancel := timeOf(batch)
	defer cancel()
	ended := l.overdue.watch(ctx, l.leave)
	l.exchange(ctx, batch)
	for _, c := range batch {
		if c.done != nil {
			close(c.done)
		}
	}
	if inTime := ended(); inTime {
		l.leave()
	}
}

// leave ends a round trip for those that wait.
func (l *lane) leave() {
	l.mu.Lock()
	l.abreast--
	batch := l.next()
	l.mu.Unlock()
	if batch != nil {
		go l.drive(batch) // not here: who drove the last one has its answer
	}
}

// timeOf is how long a round trip may take: as long as the most patient of its calls.
// They all have a deadline.
func timeOf(batch []*call) (context.Context, context.CancelFunc) {
	if len(batch) == 1 {
		return batch[0].ctx, func() {}
	}
	var latest time.Time
	for _, c := range batch {
		if deadline, _ := c.ctx.Deadline(); deadline.After(latest) {
			latest = deadline
		}
	}
	return context.WithDeadline(context.Background(), latest)
}
