//go:build linux || darwin

package main

import (
	"time"

	"example.com/leaderelection/internal/belief"
)

// picture is the stage at one moment, for the live view to draw.
type picture struct {
	now     time.Duration
	figures []figure
}

// figure is one actor in the picture.
type figure struct {
	id    string
	pid   int // 0: there is no process
	state actorState
	term  int64         // while it leads
	since time.Duration // that term began

	scenes []scene
	reigns []belief.Reign
}

func (s *stage) picture() picture {
	leader, reign := s.current()
	reigns := s.history.Reigns(belief.Lead)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := picture{now: belief.Now()}
	for _, actor := range s.actors {
		f := figure{id: actor.id, state: stopped, scenes: append([]scene(nil), actor.scenes...)}
		if last := len(f.scenes) - 1; last >= 0 {
			f.state = f.scenes[last].state
		}
		if actor.process != nil {
			f.pid = actor.process.PID()
		}
		if actor == leader && f.state == onStage {
			f.state, f.term, f.since = leading, reign.Term, reign.First
		}
		for _, reign := range reigns {
			if actor.played(reign.Process) {
				f.reigns = append(f.reigns, reign)
			}
		}
		p.figures = append(p.figures, f)
	}
	return p
}

// at is what the figure did between two moments; to have led for a part of it is
// enough.
func (f figure) at(from, to time.Duration) actorState {
	for _, reign := range f.reigns {
		if reign.First < to && reign.Last >= from {
			return leading
		}
	}
	state := stopped
	for _, scene := range f.scenes {
		if scene.from < to {
			state = scene.state
		}
	}
	return state
}
