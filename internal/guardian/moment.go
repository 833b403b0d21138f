//go:build unix

package guardian

import (
	"time"

	"example.com/leaderelection/internal/belief"
)

// Moment is a moment by both clocks that all processes of a machine share, in
// nanoseconds. It has come when one of them shows it: the monotonic clock stands
// still while the machine is suspended (F02), the wall clock may be set back (F03).
type Moment struct{ Mono, Wall int64 }

// At converts a time with a monotonic reading.
func At(t time.Time) Moment {
	return Moment{Mono: int64(belief.At(t)), Wall: t.UnixNano()}
}

// Plus is d later.
func (m Moment) Plus(d time.Duration) Moment { return Moment{m.Mono + int64(d), m.Wall + int64(d)} }

// Left is how long it is until then, zero or less if it has come.
func (m Moment) Left() time.Duration {
	return time.Duration(min(m.Mono-int64(belief.Now()), m.Wall-time.Now().UnixNano()))
}

func earlier(a, b Moment) Moment { return Moment{min(a.Mono, b.Mono), min(a.Wall, b.Wall)} }
