package leaderelection

import (
	"math"
	"time"

	"example.com/leaderelection/internal/machine"
)

// This file is the only one that compares times. Everything in it is pure: it
// takes the present as an argument and asks no clock.

// instant is one moment as both clocks of this machine show it, in nanoseconds.
// Neither is enough by itself: the monotonic one stands still while the machine
// is suspended (F02), the wall clock can be set back (F03).
type instant struct {
	mono int64
	wall int64
}

// plus is d later, or the last instant there is: a lease of centuries does not end
// in the past.
func (i instant) plus(d time.Duration) instant {
	return instant{mono: later(i.mono, d), wall: later(i.wall, d)}
}

func later(clock int64, d time.Duration) int64 {
	if left := math.MaxInt64 - clock; int64(d) > left && left > 0 {
		return math.MaxInt64
	}
	return clock + int64(d)
}

// since is how much monotonic time lies between an earlier instant and this one.
func (i instant) since(earlier instant) time.Duration {
	return time.Duration(i.mono - earlier.mono)
}

// lease is the right to lead until a deadline. It never changes: a renewal makes
// another.
type lease struct {
	owner    *term
	deadline instant
}

// validAt reports whether both clocks are before the deadline. A clock that
// jumps can thereby end a lease early, but never lengthen it.
func (l *lease) validAt(now instant) bool {
	return now.mono < l.deadline.mono && now.wall < l.deadline.wall
}

// remaining is how long the lease is valid for yet, by the clock that ends it first.
func (l *lease) remaining(now instant) time.Duration {
	return time.Duration(max(0, min(l.deadline.mono-now.mono, l.deadline.wall-now.wall)))
}

// timing holds the durations of an election and what follows from them.
type timing struct {
	ttl       time.Duration // of a lease, as the store counts it
	margin    time.Duration // by which the leader ends it earlier
	heartbeat time.Duration // between renewals
	retry     time.Duration // the longest wait of a follower, unless there are very many

	random func(n time.Duration) time.Duration // from 0 up to n: what jitter is made of
}

// shortestInterval keeps a unit that was forgotten (RetryInterval: 2) from becoming
// a loop without a pause.
const shortestInterval = 10 * time.Millisecond

// newTiming takes the durations from a validated config. shortened says that
// fewer than two renewals would have fitted into a lease, which a single lost
// packet then ends; the heartbeat is half a lease instead.
func newTiming(config *Config, margin time.Duration) (t timing, shortened bool) {
	t = timing{
		ttl:       config.LockTTL,
		margin:    margin,
		heartbeat: max(config.HeartbeatInterval, shortestInterval),
		retry:     max(config.RetryInterval, shortestInterval),
		random:    machine.Real{}.Random,
	}
	if longest := (t.ttl - t.margin) / 2; t.heartbeat > longest {
		t.heartbeat = longest
		return t, true
	}
	return t, false
}

// deadline is when a lease ends that was granted or renewed by a request sent at
// sent. Counting from the answer instead would count the way back twice, and
// believe in a lease that the store has already let go (F05).
func (t timing) deadline(sent instant) instant {
	return sent.plus(t.ttl - t.margin)
}

// callTimeout is how long the store may take to answer a renewal, of which left
// remains of the lease.
func (t timing) callTimeout(left time.Duration) time.Duration {
	return min(t.heartbeat, left)
}

// releaseTimeout is how long a release may take, of which left remains of the
// lease. It costs nobody anything to wait a little longer than for a renewal: not
// to release costs everybody the rest of the lease.
func (t timing) releaseTimeout(left time.Duration) time.Duration {
	return min(max(t.heartbeat, courtesyTimeout), left)
}

// giveBackTimeout is how long the release of a bid may take that nobody leads by. It is
// two round trips where Redis has lost its scripts.
func (t timing) giveBackTimeout() time.Duration { return t.releaseTimeout(t.ttl) }

// firstRenewal is when the first renewal of a lease is due that was granted by a
// request sent at sent, or that the store has answered again: anywhere within a
// heartbeat, so that the leaders of many elections don't ask all at once whenever they
// began together (F22).
func (t timing) firstRenewal(sent instant) instant {
	return t.onTick(sent, t.random(t.heartbeat)+1)
}

// nextRenewal is when the one after a renewal sent at sent is.
func (t timing) nextRenewal(sent instant) instant {
	return t.onTick(sent, t.heartbeat)
}

// onTick is d after an instant, or a little less: on the last tick of the process's
// clock before that. What falls due on one tick can share a round trip.
func (t timing) onTick(i instant, d time.Duration) instant {
	tick := max(1, t.heartbeat/ticksPerHeartbeat)
	past := time.Duration(i.plus(d).mono) % tick
	return i.plus(d - max(0, past))
}

// ticksPerHeartbeat is such that nobody's heartbeats are noticeably faster for it.
const ticksPerHeartbeat = 128

// renewalRetry is the wait after a renewal that failed, of which left remains of the
// lease: less and less towards its end, or a failover that fits into a lease is missed by
// waiting (F13). Jitter keeps the leaders of many elections from asking a recovering
// store all at once.
func (t timing) renewalRetry(left time.Duration) time.Duration {
	return t.jittered(min(t.heartbeat/4, max(left/8, shortestInterval)))
}

// Of many candidates, not all ask at once (F22). Redis answers a bid in some 25 µs.
const (
	few        = 5                     // so many may ask at the same moment
	askedEvery = 10 * time.Millisecond // by all candidates together, as long as the lease stands
	apart      = 2 * time.Millisecond  // two of them, once it may have ended
	many       = 100_000               // candidates, and more are taken for so many
)

// pause is how long a follower goes without asking at the most: the retry interval,
// or, of more than a few hundred candidates, its share of what all ask together.
func (t timing) pause(candidates int) time.Duration {
	return max(t.retry, time.Duration(min(candidates, many))*askedEvery)
}

// firstPause is a follower's first one: anything up to a whole one where there are many
// candidates, so that those that began together don't go on asking together.
func (t timing) firstPause(candidates int) time.Duration {
	pause := t.pause(candidates)
	if candidates <= few {
		return pause
	}
	return 1 + t.random(pause)
}

// turn is how long a candidate waits after the moment when all have reason to ask: a
// random part of what it takes if they ask one after the other. The first
// asks at nearly that moment, and the more candidates there are, the more surely. It
// is within a retry interval: the crowd may be gone, and those who are left count on it.
func (t timing) turn(candidates int) time.Duration {
	if candidates <= few {
		return 0
	}
	return t.random(min(time.Duration(min(candidates, many)-few)*apart, t.retry))
}

// afterExpiry is how long after a lease's end a follower asks: the store counts
// whole milliseconds, and the end must have passed there.
const afterExpiry = time.Millisecond

// followerWait is how long a follower sleeps after an attempt was refused,
// unless it is woken: until the lease ends and its turn has come, but not beyond
// the pause.
func (t timing) followerWait(remaining time.Duration, candidates int) time.Duration {
	pause := t.pause(candidates)
	if remaining < 0 || remaining > pause-2*afterExpiry {
		return pause
	}
	return min(pause, remaining+afterExpiry+t.random(afterExpiry)+t.turn(candidates))
}

// backoff is how long a candidate waits after its nth failure in a row (n >= 1).
func (t timing) backoff(n int) time.Duration {
	doublings := min(n-1, 3)
	return t.jittered(t.retry / 8 << doublings)
}

// jittered returns a random duration between three quarters of d and d.
func (t timing) jittered(d time.Duration) time.Duration {
	if d < 4 {
		return d
	}
	return d - t.random(d/4)
}
