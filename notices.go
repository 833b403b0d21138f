package leaderelection

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// noticeLimit is how many notices may wait for a slow log handler or observer.
const noticeLimit = 256

// notices hands log records and events to user code. The election never waits for
// it: a log handler that blocks must not delay a heartbeat (P5), and nor do the
// log handler and the observer wait for each other.
type notices struct {
	logger   *slog.Logger
	observer Observer
	of       *Candidate // whose they are

	records queue
	events  queue
}

// queue delivers notices in order, on a goroutine that exists only while there
// are some.
type queue struct {
	mu      sync.Mutex
	waiting []func(dropped int)
	dropped int           // since the last one that was delivered
	busy    chan struct{} // closed when all have been delivered; nil while there are none
}

// observe tells the observer. What the event leaves open is filled in.
func (n *notices) observe(event Event) {
	if n.observer == nil {
		return
	}
	event.Key, event.InstanceID, event.Time = n.of.Key, n.of.ID, time.Now()
	n.events.post(func(dropped int) {
		event.Dropped = dropped
		n.observer.Observe(event)
	})
}

// log writes a record with the time of now, however late it gets to the handler.
func (n *notices) log(level slog.Level, message string, attrs ...slog.Attr) {
	now := time.Now()
	n.records.post(func(int) {
		record := slog.NewRecord(now, level, message, 0)
		record.AddAttrs(slog.String("election", n.of.Key), slog.String("instance", n.of.ID))
		record.AddAttrs(attrs...)
		handler := n.logger.Handler()
		if ctx := context.Background(); handler.Enabled(ctx, level) {
			_ = handler.Handle(ctx, record)
		}
	})
}

// flush waits until what is queued has been delivered, or ctx ends.
func (n *notices) flush(ctx context.Context) {
	n.records.flush(ctx)
	n.events.flush(ctx)
}

// post queues a notice, in place of the oldest one if too many wait.
func (q *queue) post(notice func(dropped int)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == noticeLimit {
		q.waiting = q.waiting[1:]
		q.dropped++
	}
	q.waiting = append(q.waiting, notice)
	if q.busy == nil {
		q.busy = make(chan struct{})
		go q.deliver()
	}
}

func (q *queue) deliver() {
	idle := false
	defer func() {
		if !idle {
			go q.deliver() // a notice ended the goroutine with runtime.Goexit; the others are still to be told
		}
	}()
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			close(q.busy)
			q.busy, q.waiting = nil, nil
			q.mu.Unlock()
			idle = true
			return
		}
		next, dropped := q.waiting[0], q.dropped
		q.waiting, q.dropped = q.waiting[1:], 0
		q.mu.Unlock()
		next(dropped)
	}
}

func (q *queue) flush(ctx context.Context) {
	q.mu.Lock()
	busy := q.busy
	q.mu.Unlock()
	if busy == nil {
		return
	}
	select {
	case <-busy:
	case <-ctx.Done():
	}
}
