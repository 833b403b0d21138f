package leaderelection

import (
	"context"
	"fmt"
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

// answer is what a store call returned.
type answer[T any] struct {
	value T
	err   error
}

// call runs request within ctx, and returns when it answers or when ctx ends,
// even if request does neither (F04): go-redis, for one, does not interrupt a
// read that has begun. An answer that comes after that goes to late, if there is
// one, on the goroutine that waited for it; the call counts as open until late
// has returned.
func call[T any](ctx context.Context, open calls, request func(context.Context) (T, error), late func(T, error)) (T, error) {
	var none T
	select {
	case open <- struct{}{}:
	case <-ctx.Done():
		return none, ErrStoreStalled
	}

	answers := make(chan answer[T])
	abandoned := make(chan struct{})
	defer close(abandoned)
	go func() {
		defer func() { <-open }()
		value, err := request(ctx)
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
	}
}
