//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"time"

	"example.com/leaderelection/internal/belief"
)

// acts are a round of the demo.
var acts = []act{
	{
		name: "graceful stop",
		why:  "a deployment: SIGTERM. It ends its work, gives the lease back, and wakes the others",
		play: (*play).stop,
	},
	{
		name: "kill -9",
		why:  "a crash, the OOM killer, a lost node. The others wait until its lease has ended, and no longer",
		play: (*play).kill,
	},
	{
		name: "freeze and thaw",
		why:  "a long GC pause, a stalled VM: SIGSTOP until somebody else leads, then SIGCONT. It must not go on",
		play: (*play).freeze,
	},
	{
		name: "Redis loses its data",
		why:  "a restart without persistence, a FLUSHALL. The leader goes on, and nobody else may start",
		play: (*play).loseData,
	},
	{
		name: "both at once",
		why:  "Redis loses its data while the leader dies. Nobody can know whether it lives, so one TTL must pass",
		play: (*play).loseBoth,
	},
}

func (p *play) stop(ctx context.Context, leader *actor, reign belief.Reign) (outcome, error) {
	p.screen.say(leader.id + " is told to stop (SIGTERM)")
	process := leader.process
	p.stage.note(leader, stopped)
	process.Stop()
	next, err := p.successor(ctx, reign)
	if err != nil {
		process.Close()
		return outcome{}, err
	}
	select {
	case <-process.Exited():
	case <-time.After(patience):
	}
	process.Close()
	return p.outcome(next, "%s stopped, %s leads", leader.id, p.nameOf(next)), nil
}

func (p *play) kill(ctx context.Context, leader *actor, reign belief.Reign) (outcome, error) {
	p.screen.say(leader.id + " is killed (SIGKILL)")
	process := leader.process
	p.stage.note(leader, killed)
	process.Close()
	leaseEnd, known := p.stage.redis.leaseEnd(ctx)
	next, err := p.successor(ctx, reign)
	if err != nil {
		return outcome{}, err
	}
	return p.outcome(next, "%s was killed; %s leads%s", leader.id, p.nameOf(next), pastLease(next, leaseEnd, known)), nil
}

// freeze pauses the leader until another leads, and a little longer. What it says
// of itself when it wakes up is the point.
func (p *play) freeze(ctx context.Context, leader *actor, reign belief.Reign) (outcome, error) {
	p.screen.say(leader.id + " is frozen (SIGSTOP)")
	process := leader.process
	begun := belief.Now()
	p.stage.note(leader, frozen)
	process.Freeze()
	if err := rest(ctx, 20*time.Millisecond); err != nil { // what it sent just before is in Redis by then
		return outcome{}, err
	}
	leaseEnd, known := p.stage.redis.leaseEnd(ctx)
	next, err := p.successor(ctx, reign)
	if err == nil {
		err = rest(ctx, between)
	}
	process.Thaw()
	p.stage.note(leader, onStage)
	if err != nil {
		return outcome{}, err
	}
	p.screen.say(leader.id + " is thawed (SIGCONT)")

	var gap belief.Record
	err = p.stage.await(ctx, leader.id+" to wake up", func() bool {
		return p.stage.history.Told(process.Name, func(record belief.Record) bool {
			if record.Kind != belief.Gap || record.Last < next.First {
				return false
			}
			gap = record
			return true
		})
	})
	if err != nil {
		return outcome{}, err
	}
	return p.outcome(next, "%s was frozen for %s; %s leads%s; when %s woke up, IsLeader() was %v",
		leader.id, seconds(belief.Now()-begun), p.nameOf(next), pastLease(next, leaseEnd, known), leader.id, gap.Leads), nil
}

// loseData watches for longer than anybody could wait for a lease.
func (p *play) loseData(ctx context.Context, leader *actor, reign belief.Reign) (outcome, error) {
	p.screen.say(p.stage.redis.lossText())
	if err := p.stage.redis.loseData(ctx); err != nil {
		return outcome{}, err
	}
	if err := rest(ctx, p.stage.settings.TTL*3/2); err != nil {
		return outcome{}, err
	}
	latest, _ := p.stage.history.Latest()
	if latest.First == reign.First {
		return outcome{happened: leader.id + " leads on, in the same term", to: reign.Term}, nil
	}
	return p.outcome(latest, "%s did not keep its term, %s leads", leader.id, p.nameOf(latest)), nil
}

func (p *play) loseBoth(ctx context.Context, leader *actor, reign belief.Reign) (outcome, error) {
	p.screen.say(leader.id + " is killed (SIGKILL), and " + p.stage.redis.lossText())
	process := leader.process
	p.stage.note(leader, killed)
	process.Close()
	if err := p.stage.redis.loseData(ctx); err != nil {
		return outcome{}, err
	}
	returned := belief.Now()
	next, err := p.successor(ctx, reign)
	if err != nil {
		return outcome{}, err
	}
	return p.outcome(next, "%s was killed; %s leads, %s after the data was lost",
		leader.id, p.nameOf(next), seconds(next.First-returned)), nil
}

// outcome is that of an act after which somebody else leads.
func (p *play) outcome(next belief.Reign, happened string, args ...any) outcome {
	return outcome{happened: fmt.Sprintf(happened, args...), vacancy: p.vacancy(next), to: next.Term}
}

func (p *play) nameOf(reign belief.Reign) string {
	if actor := p.stage.playing(reign.Process); actor != nil {
		return actor.id
	}
	return reign.Process
}

// pastLease tells how much longer than it had to the next leader waited.
func pastLease(next belief.Reign, leaseEnd time.Duration, known bool) string {
	if !known {
		return ""
	}
	return ", " + seconds(next.First-leaseEnd) + " past the lease's end"
}
