package leaderelection

import (
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/machine"
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
func (e *Election) UseClocks(clocks *Clocks) { e.machine = jumping{by: clocks} }

// jumping is this machine, with clocks that jump.
type jumping struct {
	machine.Real
	by *Clocks
}

func (j jumping) Clocks() (mono, wall int64) {
	mono, wall = j.Real.Clocks()
	return mono + j.by.mono.Load(), wall + j.by.wall.Load()
}
