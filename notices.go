package leaderelection

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// noticeLimit is how many notices may wait for a slow log handler or observer.
const noticeLimit = 256

// notices hands log records and events to user code, in order, on a goroutine
// that exists only while there are some. The election never waits for it: a log
// handler that blocks must not delay a heartbeat (P5).
type notices struct {
	logger   *slog.Logger
	observer Observer
	template Event // Key and InstanceID of every event

	mu      sync.Mutex
	queue   []func(dropped int)
	dropped int           // since the last notice that was delivered
	busy    chan struct{} // closed when the queue has been worked off; nil while there is none
}

// observe tells the observer. What the event leaves open is filled in.
func (n *notices) observe(event Event) {
	if n.observer == nil {
		return
	}
	event.Key, event.InstanceID, event.Time = n.template.Key, n.template.InstanceID, time.Now()
	n.post(func(dropped int) {
		event.Dropped = dropped
		n.observer.Observe(event)
	})
}

// log writes a record with the time of now, however late it gets to the handler.
func (n *notices) log(level slog.Level, message string, attrs ...slog.Attr) {
	record := slog.NewRecord(time.Now(), level, message, 0)
	record.AddAttrs(slog.String("election", n.template.Key), slog.String("instance", n.template.InstanceID))
	record.AddAttrs(attrs...)
	n.post(func(int) {
		handler := n.logger.Handler()
		if ctx := context.Background(); handler.Enabled(ctx, level) {
			_ = handler.Handle(ctx, record)
		}
	})
}

// post queues a notice, in place of the oldest one if too many wait.
func (n *notices) post(notice func(dropped int)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.queue) == noticeLimit {
		n.queue = n.queue[1:]
		n.dropped++
	}
	n.queue = append(n.queue, notice)
	if n.busy == nil {
		n.busy = make(chan struct{})
		go n.deliver()
	}
}

func (n *notices) deliver() {
	for {
		n.mu.Lock()
		if len(n.queue) == 0 {
			close(n.busy)
			n.busy, n.queue = nil, nil
			n.mu.Unlock()
			return
		}
		next, dropped := n.queue[0], n.dropped
		n.queue, n.dropped = n.queue[1:], 0
		n.mu.Unlock()
		next(dropped)
	}
}

// flush waits until what is queued has been delivered, or ctx ends.
func (n *notices) flush(ctx context.Context) {
	n.mu.Lock()
	busy := n.busy
	n.mu.Unlock()
	if busy == nil {
		return
	}
	select {
	case <-busy:
	case <-ctx.Done():
	}
}
