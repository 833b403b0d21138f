package leaderelection

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

type valueKey struct{}

func TestAWatchLastsUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(context.WithValue(t.Context(), valueKey{}, "value"))
		w := &watchContext{Context: parent, done: make(chan struct{})}
		var after, stoppedBefore, late atomic.Int32
		context.AfterFunc(w, func() { after.Add(1) })
		stopped := context.AfterFunc(w, func() { stoppedBefore.Add(1) })
		if !stopped() || stopped() {
			t.Error("a func can be stopped once")
		}
		child, cancelChild := context.WithCancel(w)
		defer cancelChild()

		cancel() // the candidacy ends, and whoever watches calls stop
		synctest.Wait()
		if w.Err() != nil || after.Load() != 0 || w.Value(valueKey{}) != "value" {
			t.Errorf("before its end: %v, %d called, %v", w.Err(), after.Load(), w.Value(valueKey{}))
		}
		w.stop()
		w.stop()
		context.AfterFunc(w, func() { late.Add(1) })
		if w.AfterFunc(func() { late.Add(1) })() { // as package context does that looked a moment before
			t.Error("what has begun was stopped")
		}
		<-w.Done()
		<-child.Done()
		synctest.Wait()
		if !errors.Is(w.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) || after.Load() != 1 || late.Load() != 2 || stoppedBefore.Load() != 0 {
			t.Errorf("after its end: %v, %v, called %d, %d late, %d though stopped", w.Err(), child.Err(), after.Load(), late.Load(), stoppedBefore.Load())
		}
	})
}
