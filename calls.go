package leaderelection

import (
	"context"
	"fmt"
	"time"
)

// At most four store calls of an election are open at a time: three about the
// lease, and one that answers a question or announces. A call that does not
// return when its ctx ends is abandoned but stays open, since it pins one of the
// user's pooled connections; without a bound, a store that hangs would be handed
// them all.
const (
	leaseCalls = 3
	otherCalls = 1
)

// calls is a number of store calls that may be open at once.
type calls chan struct{}

// idle waits until none of the calls is open, or ctx ends.
func (c calls) idle(ctx context.Context) {
	for taken := range cap(c) {
		select {
		case c <- struct{}{}:
		case <-ctx.Done():
			for range taken {
				<-c
			}
			return
		}
	}
	for range cap(c) {
		<-c
	}
}

// during runs a request for which nobody waits, as one of the calls.
func (c calls) during(ctx context.Context, request func() error) error {
	select {
	case c <- struct{}{}:
		defer func() { <-c }()
		return request()
	case <-ctx.Done():
		return ErrStoreStalled
	}
}

// answer is what a store call returned.
type answer[T any] struct {
	value T
	err   error
}

// within returns a ctx for a call, with the values of ctx and a time limit. It does
// not end with ctx, which then has no list of its children to keep: call ends when
// either does.
func (e *Election) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return e.machine.WithTimeout(context.WithoutCancel(ctx), limit)
}

// call runs request with the ctx limit, and returns when it answers or when limit or
// ctx ends, even if request does neither (F04): go-redis, for one, does not interrupt
// a read that has begun. An answer that comes after that goes to late, if there is
// one, on the goroutine that waited for it; the call counts as open until late
// has returned.
func call[T any](ctx, limit context.Context, open calls, request func(context.Context) (T, error), late func(T, error)) (T, error) {
	var none T
	select {
	case open <- struct{}{}:
	case <-ctx.Done():
		return none, ErrStoreStalled
	case <-limit.Done():
		return none, ErrStoreStalled
	}

	answers := make(chan answer[T])
	abandoned := make(chan struct{})
	defer close(abandoned)
	go func() {
		defer func() { <-open }()
		value, err := request(limit)
		select {
		case answers <- answer[T]{value, err}:
		case <-abandoned:
			if late != nil {
				late(value, err)
			}
		}
	}()

	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return none, fmt.Errorf("no answer from the store in time: %w", context.Cause(ctx))
	case <-limit.Done():
		return none, fmt.Errorf("no answer from the store in time: %w", context.Cause(limit))
	}
}
