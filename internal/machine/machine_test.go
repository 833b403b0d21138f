package machine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection/internal/machine"
)

func TestRealMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m machine.Real
		mono, wall := m.Clocks()
		ctx, cancel := m.WithTimeout(t.Context(), time.Second)
		defer cancel()
		fired, stop := m.NewTimer(2 * time.Second)
		defer stop()

		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("the ctx ended with %v", ctx.Err())
		}
		<-fired

		monoAfter, wallAfter := m.Clocks()
		if got := time.Duration(monoAfter - mono); got != 2*time.Second {
			t.Errorf("the monotonic clock went on by %v", got)
		}
		if got := time.Duration(wallAfter - wall); got != 2*time.Second {
			t.Errorf("the wall clock went on by %v", got)
		}
		if _, stop := m.NewTimer(time.Hour); !stop() {
			t.Error("a timer that is not due could not be stopped")
		}
		for range 1000 {
			if d := m.Random(time.Second); d < 0 || d >= time.Second {
				t.Fatalf("Random(1s) = %v", d)
			}
		}
	})
}
