//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"time"

	"example.com/leaderelection/internal/belief"
)

// act is one thing that production does to a leader.
type act struct {
	name string
	why  string
	play func(p *play, ctx context.Context, leader *actor, reign belief.Reign) (outcome, error)
}

// outcome is what came of an act.
type outcome struct {
	act      string
	happened string
	vacancy  time.Duration // without a leader; 0 where the leader stayed
	from, to int64         // terms
	overlap  time.Duration // with two leaders
}

// screen is where the audience looks.
type screen interface {
	announce(act act)     // an act begins
	say(text string)      // within an act
	conclude(out outcome) // an act has ended
}

// play is a performance: acts, one after another.
type play struct {
	stage    *stage
	until    time.Duration
	screen   screen
	outcomes []outcome
}

// between is a pause for the audience to see how things stand.
const between = 700 * time.Millisecond

func (p *play) perform(ctx context.Context, screen screen) error {
	p.screen = screen
	begun := time.Now()
	for {
		for _, act := range acts {
			if err := p.performAct(ctx, act); err != nil {
				return err
			}
			if p.until > 0 && time.Since(begun) >= p.until {
				return nil
			}
		}
		if p.until == 0 {
			return nil
		}
	}
}

func (p *play) performAct(ctx context.Context, act act) error {
	if err := p.stage.enter(); err != nil {
		return err
	}
	leader, reign, err := p.stage.leader(ctx)
	if err != nil {
		return err
	}
	p.screen.say(fmt.Sprintf("%s leads in term %d; the others know", leader.id, reign.Term))
	if err := rest(ctx, between); err != nil {
		return err
	}
	p.screen.announce(act)
	begun := belief.Now()
	out, err := act.play(p, ctx, leader, reign)
	if err != nil {
		return fmt.Errorf("%s: %w", act.name, err)
	}
	out.act, out.from = act.name, reign.Term
	out.overlap = overlapSince(begun, &p.stage.history)
	p.outcomes = append(p.outcomes, out)
	p.screen.conclude(out)
	return rest(ctx, between)
}

// successor waits for the reign after this one.
func (p *play) successor(ctx context.Context, old belief.Reign) (belief.Reign, error) {
	var next belief.Reign
	err := p.stage.await(ctx, "a new leader", func() bool {
		var ok bool
		next, ok = p.stage.history.Latest()
		return ok && next.First > old.First
	})
	return next, err
}

// vacancy is how long nobody led before that reign began.
func (p *play) vacancy(next belief.Reign) time.Duration {
	var before time.Duration
	for _, reign := range p.stage.history.Reigns(belief.Lead) {
		if reign.First < next.First {
			before = max(before, reign.Last)
		}
	}
	return next.First - before
}

func overlapSince(begun time.Duration, history *belief.History) time.Duration {
	var longest time.Duration
	for _, violation := range belief.Judge(history) {
		if violation.Rule == belief.OneLeader && violation.At+violation.For >= begun {
			longest = max(longest, violation.For)
		}
	}
	return longest
}
