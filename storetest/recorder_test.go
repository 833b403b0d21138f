package storetest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
)

// recorder is a testing.TB that notes failures and does not fail.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }
func (r *recorder) Skip(...any)       { runtime.Goexit() }
func (r *recorder) Helper()           {}

// brokenPromises runs the suite on the stores that open returns, in bubbles, and
// returns what failed in each promise that was not kept.
func brokenPromises(t *testing.T, open func() leaderelection.Store) map[string][]string {
	t.Helper()
	broken := map[string][]string{}
	for _, promise := range promises {
		synctest.Test(t, func(t *testing.T) {
			r := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				promise.check(&trial{TB: r, store: open()})
			}()
			<-done
			time.Sleep(time.Hour) // for calls that were given up: a bubble ends only with its last goroutine
			if len(r.failures) > 0 {
				broken[promise.name] = r.failures
			}
		})
	}
	return broken
}
