package leaderelection

import (
	"sync/atomic"
	"time"
)

// Clocks are the two clocks of a machine on which they can be told to jump.
type Clocks struct {
	mono, wall atomic.Int64
}

// Jump shifts each clock against the time that really passes.
func (c *Clocks) Jump(mono, wall time.Duration) {
	c.mono.Add(int64(mono))
	c.wall.Add(int64(wall))
}

// UseClocks makes e read clocks. It must be called before Start.
func (e *Election) UseClocks(clocks *Clocks) {
	e.clock = func() instant {
		now := readClocks()
		return instant{mono: now.mono + clocks.mono.Load(), wall: now.wall + clocks.wall.Load()}
	}
}
