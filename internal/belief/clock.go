//go:build unix

package belief

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now is the time by a clock that all processes of this machine share. time.Now
// won't do: its monotonic reading means nothing outside its process, and wall
// clocks are stepped.
func Now() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err) // the clock is always there
	}
	return time.Duration(now.Nano())
}

// At converts a time of this process to the shared clock. A pause within it makes that
// too early, never too late.
func At(moment time.Time) time.Duration { return Now() - time.Since(moment) }

// Sample takes one sample: ask is called once. It must read the term before it
// asks whether that term still lasts; see observe.
func (s *Sampler) Sample(ask func() (term int64, yes bool)) {
	before := Now()
	term, yes := ask()
	s.observe(before, term, yes, Now())
}
