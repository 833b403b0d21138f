package protocol

import (
	"context"
	"time"
)

// Server is Redis as one client library reaches it: all that stores over different
// libraries differ in. It must be safe for concurrent use.
type Server interface {
	// Check returns what is wrong with a client that can never work.
	Check() error

	// Eval has the primary that owns the keys execute a script. An error is Redis's
	// own, with its text at the beginning, or the connection's.
	Eval(ctx context.Context, e Eval) (reply any, err error)

	// EvalAndWait is Eval with a WAIT right behind it, on the same connection: WAIT
	// counts the replicas that have what its own connection wrote last; on another
	// one it would count those that have nothing. It returns how many have
	// acknowledged within the time, which is never zero. An error of WAIT begins "WAIT: ".
	EvalAndWait(ctx context.Context, e Eval, replicas int, timeout time.Duration) (reply any, acknowledged int64, err error)

	// Stalled reports that so many calls have outlived their ctx and keep connections
	// that none should be made which can wait.
	Stalled() bool

	// Get returns what is under a key that no script touches.
	Get(ctx context.Context, key string) ([]byte, error)

	// Subscribe opens a subscription to nothing yet. Whatever arrives is given to
	// deliver, by one goroutine.
	Subscribe(deliver func(Message)) Subscription
}

// Eval is one execution of a script.
type Eval struct {
	ByHash bool   // EVALSHA, else EVAL
	Script string // its hash or its text
	Keys   []string
	Args   []string
	Urgent bool // a lease that stands depends on it
}

// Subscription listens to channels on one connection, which it mends when it breaks.
// Its methods are called by one goroutine.
type Subscription interface {
	Subscribe(channels ...string)
	Unsubscribe(channels ...string)
	Close() // nothing is delivered any more once it returns, or soon after
}

// Message is what arrives of a subscription.
type Message struct {
	Channel    string
	Subscribed bool // the subscription to the channel is established, again perhaps; there is no payload
	Payload    string
}
