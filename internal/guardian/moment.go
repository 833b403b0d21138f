//go:build unix

package guardian

import (
	"time"

	"golang.org/x/sys/unix"
)

// Moment is a moment by both clocks that all processes of a machine share, in
// nanoseconds. It has come when one of them shows it: the monotonic clock stands
// still while the machine is suspended (F02), the wall clock may be set back (F03).
type Moment struct{ Mono, Wall int64 }

// At converts a time with a monotonic reading.
func At(t time.Time) Moment {
	// In this order: a pause in between makes it too early, which harms nobody.
	mono := monotonic()
	return Moment{Mono: mono - int64(time.Since(t)), Wall: t.UnixNano()}
}

// Plus is d later.
func (m Moment) Plus(d time.Duration) Moment { return Moment{m.Mono + int64(d), m.Wall + int64(d)} }

// Left is how long it is until then, zero or less if it has come.
func (m Moment) Left() time.Duration {
	return time.Duration(min(m.Mono-monotonic(), m.Wall-time.Now().UnixNano()))
}

func earlier(a, b Moment) Moment { return Moment{min(a.Mono, b.Mono), min(a.Wall, b.Wall)} }

// monotonic is the time by a clock that means the same in every process. The one in
// time.Time does not.
func monotonic() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err) // the clock is always there
	}
	return now.Nano()
}
