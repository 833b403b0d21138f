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
		var real machine.Real
		mono, wall := real.Clocks()
		ctx, cancel := real.WithTimeout(t.Context(), time.Second)
		defer cancel()
		fired, stop := real.NewTimer(2 * time.Second)
		defer stop()

		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("the ctx ended with %v", ctx.Err())
		}
		<-fired

		monoAfter, wallAfter := real.Clocks()
		if got := time.Duration(monoAfter - mono); got != 2*time.Second {
			t.Errorf("the monotonic clock went on by %v", got)
		}
		if got := time.Duration(wallAfter - wall); got != 2*time.Second {
			t.Errorf("the wall clock went on by %v", got)
		}
		if _, stop := real.NewTimer(time.Hour); !stop() {
			t.Error("a timer that is not due could not be stopped")
		}
		for range 1000 {
			if d := real.Random(time.Second); d < 0 || d >= time.Second {
				t.Fatalf("Random(1s) = %v", d)
			}
		}
	})
}
