package leaderelection

import (
	"errors"
	"fmt"
)

// Why a term ended. They are the causes (context.Cause) of the ctx given to
// Lead's work, and travel in Event.Err.
var (
	// ErrLeaseExpired ends a term whose lease could not be renewed in time.
	ErrLeaseExpired = errors.New("leaderelection: the lease expired before it could be renewed")

	// ErrDeposed ends a term when the store answers that the lease is no longer ours.
	ErrDeposed = errors.New("leaderelection: deposed: the store no longer holds our lease")

	// ErrResigned ends a term after Resign, or after work returned nil. A *StepDownError,
	// which is one too, ends it after somebody else asked for that.
	ErrResigned = errors.New("leaderelection: resigned")

	// ErrStopped ends a term after Stop or after Start's ctx ended. Start and
	// Lead return it when they are called after Stop.
	ErrStopped = errors.New("leaderelection: stopped")
)

// What a call can answer.
var (
	// ErrNoLeader is the answer when nobody leads.
	ErrNoLeader = errors.New("leaderelection: nobody leads")

	// ErrNotLeader is Resign's answer when this instance does not lead.
	ErrNotLeader = errors.New("leaderelection: this instance does not lead")

	// ErrNotCandidate is the answer where a candidate is named that is not present.
	ErrNotCandidate = errors.New("leaderelection: no such candidate")

	// ErrAlreadyStarted is the answer to a second Start or Lead while the first runs.
	ErrAlreadyStarted = errors.New("leaderelection: already started")

	// ErrDrainTimeout says that callbacks or work had not returned within the
	// drain timeout. The lease is then not released but left to expire.
	ErrDrainTimeout = errors.New("leaderelection: callbacks or work did not return within the drain timeout")

	// ErrStoreStalled says that the store was not asked, since too many
	// earlier calls to it have not returned yet.
	ErrStoreStalled = errors.New("leaderelection: the store is stalled: too many earlier calls have not returned")
)

// ConfigurationError is what Start returns when the store's first answer shows
// that retrying cannot help: a wrong password, a missing permission, a key of
// the wrong type. Stores make them; its text names what to change.
type ConfigurationError struct {
	Problem string // what is wrong, and where
	Remedy  string // what to change
	Err     error  // the store's own error; may be nil
}

func (e *ConfigurationError) Error() string {
	text := "leaderelection: " + e.Problem
	if e.Remedy != "" {
		text += ": " + e.Remedy
	}
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

// Unwrap returns the store's own error.
func (e *ConfigurationError) Unwrap() error { return e.Err }

// PanicError is what Start and Lead return after a callback or work panicked:
// the term was ended and the lease released first.
type PanicError struct {
	Value any    // what was passed to panic; "runtime.Goexit" after a Goexit
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("leaderelection: panic in a callback or in work: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the panic's value where that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
