package leaderelection

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// campaign is a follower's life: it bids for the lease until it is granted one,
// and returns the term that begins thereby. It returns an error only when ctx has
// ended, or for what retrying cannot mend.
//
// It sleeps until the first of: a hint that the lease was given back; the end of
// the lease that it was refused for; the retry interval. Hints save time and
// nothing else; without any, the timers do the work (F21).
func (c *candidacy) campaign(ctx context.Context, resigned *term) (*term, error) {
	c.notices.observe(Event{Kind: CampaignStarted})
	if err := c.holdBack(ctx, resigned); err != nil {
		return nil, err
	}
	c.hints.forget()

	settled := false // among the others that ask
	for failures := 0; ; {
		bid := c.newBid()
		sent := c.clock()
		state, err := c.acquire(ctx, bid)
		var wait time.Duration
		switch {
		case ctx.Err() != nil:
			if err != nil || state.Verdict == Granted {
				c.giveBack(bid)
			}
			return nil, ctx.Err()

		case err != nil:
			if !errors.Is(err, ErrStoreStalled) {
				c.giveBack(bid)
			}
			if err := c.attemptFailed(err, c.clock().since(sent)); err != nil {
				return nil, err
			}
			failures++
			wait = c.timing.backoff(failures)
			settled = false

		case state.Verdict == Granted:
			c.answered(state)
			c.learn(state.Term, c.timing.ttl)
			c.candidates = state.Candidates
			c.ownTerm = state.Term
			c.preemption = preemption{}
			t := c.newTerm(ctx, bid, state, sent)
			if t.lease.validAt(c.clock()) {
				return t, nil
			}
			// The answer took as long as the lease lasts: nothing to lead with.
			c.giveBack(bid)
			failures++
			wait = c.timing.backoff(failures)

		default:
			failures = 0
			c.answered(state)
			if c.refused(state) {
				c.hints.vain = 0
			}
			c.candidates = state.Candidates
			wait = c.timing.followerWait(state.Remaining, c.candidates)
			if !settled {
				wait = min(wait, c.timing.firstPause(c.candidates))
				settled = true
			}
		}
		c.hints.turn = c.timing.turn(c.candidates)
		if err := c.hints.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// holdBack has an instance that resigned sit out a RetryInterval, or it would win
// again (F33). As soon as another leads, it is a candidate like any: one that may be
// named to succeed, and that counts for the crowd.
func (c *candidacy) holdBack(ctx context.Context, resigned *term) error {
	if resigned == nil {
		return ctx.Err()
	}
	elections, stopWatching := c.watch(ctx, "")
	defer stopWatching()
	over := c.clock().plus(c.timing.retry)
	for pause := firstLook; ; pause *= 2 {
		left := over.since(c.clock())
		if left <= 0 {
			return ctx.Err()
		}
		if err := elections.sleep(ctx, min(pause, left)); err != nil {
			return err
		}
		if left = over.since(c.clock()); left <= 0 {
			return nil
		}
		asking, cancel := c.machine.WithTimeout(ctx, min(c.timing.heartbeat, left))
		leader, err := c.Leader(asking)
		cancel()
		if err == nil && leader.Term != resigned.term {
			return nil
		}
	}
}

// firstLook is when it looks first without having been told: a resignation takes no longer
// until somebody else leads, where all is well.
const firstLook = 10 * time.Millisecond

// newBid makes a bid with a claim of its own. A claim whose outcome is unknown is
// never used again: it may have been granted, have ended, and have been followed
// by somebody else's lease, all before its answer.
func (c *candidacy) newBid() Bid {
	candidate := c.candidate
	candidate.Retry = c.timing.pause(c.candidates)
	return Bid{Candidate: candidate, Claim: randomHex(16), SeenTerm: c.seenTerm, SeenTTL: c.seenTTL, Preempts: c.preempts && c.preemption.mayAsk(c.clock())}
}

func (c *candidacy) newTerm(ctx context.Context, bid Bid, state State, sent instant) *term {
	t := newTerm(ctx, &term{candidate: &c.candidate, claim: bid.Claim, term: state.Term, since: state.Now}, c.timing, sent)
	if c.work != nil {
		t.prepareWork(ctx, c.leading)
	}
	return t
}

// acquire bids once. An answer that comes after it was given up (at Stop, say)
// may say that the lease was granted; then it is given back at once, or it would
// keep everybody out for its whole length (F06, F08).
func (c *candidacy) acquire(ctx context.Context, bid Bid) (State, error) {
	limit, cancel := c.within(ctx, c.timing.heartbeat)
	defer cancel()
	request := func(ctx context.Context) (State, error) { return c.store.Acquire(ctx, bid) }
	late := func(state State, err error) {
		if err == nil && state.Verdict == Granted {
			c.releaseBid(bid)
		}
	}
	return call(ctx, limit, c.leaseCalls, request, late)
}

// attemptFailed reports an attempt whose outcome is unknown. It returns the error
// where it is the store's first answer and says that retrying cannot help (F18).
// Later the same is taken for a fault that will pass, since it worked before: a
// password that is being rotated must not end every candidacy.
func (c *candidacy) attemptFailed(err error, elapsed time.Duration) error {
	c.notices.observe(Event{Kind: AttemptFailed, Elapsed: elapsed, Err: err})
	hopeless := isHopeless(err)
	if hopeless && !c.contacted {
		return err
	}
	if c.fails(hopeless) {
		c.notices.log(slog.LevelWarn, "cannot reach the store; trying again until it answers", slog.Any("error", err))
	}
	return nil
}

func isHopeless(err error) bool {
	configuration := (*ConfigurationError)(nil)
	return errors.As(err, &configuration)
}

// fails notes that the store fails, and reports whether that is news: that it began
// to, or that somebody has to change something for it to end. That is said once,
// also when time-outs come in between.
func (c *candidacy) fails(hopeless bool) bool {
	news := !c.failing || hopeless && !c.hopeless
	c.failing, c.hopeless = true, hopeless || c.failing && c.hopeless
	return news
}

// answered notes that the store gave an answer, and what it warned of.
func (c *candidacy) answered(state State) {
	if c.failing {
		c.notices.log(slog.LevelInfo, "the store answers again")
	}
	c.contacted, c.failing = true, false
	c.giveBackAgain()
	if state.Warning != "" && state.Warning != c.warning {
		c.notices.observe(Event{Kind: Warned, Term: state.Term, Err: errors.New(state.Warning)})
		c.notices.log(slog.LevelWarn, "the store warns", slog.String("warning", state.Warning))
	}
	c.warning = state.Warning
}

// refused learns from a refusal who leads, and reports whether that is news.
func (c *candidacy) refused(state State) bool {
	c.learn(state.Term, state.TTL)
	if c.preempts {
		c.preemption.refused(state, c.candidate.ID, c.clock(), c.timing.ttl)
	}
	news := following{verdict: state.Verdict, term: state.Term}
	if state.Leader != nil {
		news.leader = state.Leader.InstanceID
	}
	if news == c.following {
		return false
	}
	c.following = news
	c.notices.observe(Event{Kind: Following, Term: state.Term, Leader: news.leader})
	switch {
	case state.Verdict == Paused && state.Pause != nil:
		c.notices.log(slog.LevelWarn, "nobody is elected: the election is paused",
			slog.String("by", state.Pause.By), slog.Time("since", state.Pause.Since), slog.String("until", state.Pause.end()))
	case state.Verdict == Reserved:
		c.notices.log(slog.LevelInfo, "another candidate has the first right to lead", slog.String("candidate", state.Heir), slog.Duration("remaining", state.Remaining))
	case state.Verdict == Quarantined:
		c.notices.log(slog.LevelInfo, "nobody may lead yet: the store may have forgotten a lease that still runs",
			slog.Duration("remaining", state.Remaining))
	case news.leader == c.candidate.ID && state.Term == c.ownTerm:
		c.notices.log(slog.LevelInfo, "waiting for the end of our own lease, which was lost",
			slog.Int64("term", state.Term), slog.Duration("remaining", state.Remaining))
	case news.leader == c.candidate.ID:
		c.notices.log(slog.LevelWarn, "somebody leads under our own InstanceID: an earlier run of this instance whose lease has not ended yet, or a second process with the same InstanceID",
			slog.Int64("term", state.Term))
	case state.Remaining < 0:
		c.notices.log(slog.LevelWarn, "following a leader whose lock has no expiry: if it died, delete the key by hand",
			slog.String("leader", news.leader))
	default:
		c.notices.log(slog.LevelInfo, "following", slog.String("leader", news.leader), slog.Int64("term", state.Term))
	}
	return true
}

// following is what a follower last reported, so that it reports changes only.
type following struct {
	verdict Verdict
	leader  string
	term    int64
}

// learn keeps the highest term heard of, and the TTL of its lease: what a store
// that lost its memory has to be told (F12, F24).
func (e *Election) learn(term int64, ttl time.Duration) {
	switch {
	case term > e.seenTerm:
		e.seenTerm, e.seenTTL = term, ttl
	case term == e.seenTerm:
		e.seenTTL = max(e.seenTTL, ttl)
	}
}
