package leaderelection

import (
	"context"
	"slices"
	"sync"
)

// doubts are bids whose outcome is unknown. Each may be executed yet, or have
// been: a lease that nobody leads by, and that keeps everybody out for its whole
// length, unless it is given back (F06). A store that was frozen executes them when
// it wakes, long after the first attempt to give them back has failed too; so they
// are kept until a release of theirs was answered.
type doubts struct {
	mu   sync.Mutex
	bids []doubt
}

type doubt struct {
	bid    Bid
	asking bool // its release is under way
}

// doubtLimit is how many are kept. An older lease has most likely ended.
const doubtLimit = 8

// ask notes the bid, and reports whether its release is to be sent.
func (d *doubts) ask(bid Bid) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.find(bid)
	if i < 0 {
		if len(d.bids) == doubtLimit {
			d.bids = slices.Delete(d.bids, 0, 1)
		}
		d.bids = append(d.bids, doubt{bid: bid})
		i = len(d.bids) - 1
	}
	if d.bids[i].asking {
		return false
	}
	d.bids[i].asking = true
	return true
}

// answer notes the outcome of a release.
func (d *doubts) answer(bid Bid, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch i := d.find(bid); {
	case i < 0:
	case err == nil:
		d.bids = slices.Delete(d.bids, i, i+1)
	default:
		d.bids[i].asking = false
	}
}

// oldest returns the bid that has been in doubt for longest, if there is one.
func (d *doubts) oldest() (bid Bid, found bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.bids) == 0 {
		return Bid{}, false
	}
	return d.bids[0].bid, true
}

func (d *doubts) find(bid Bid) int {
	return slices.IndexFunc(d.bids, func(other doubt) bool { return other.bid.Claim == bid.Claim })
}

// giveBack releases a bid whose outcome is unknown, without waiting for it.
func (c *candidacy) giveBack(bid Bid) {
	if !c.doubts.ask(bid) {
		return
	}
	c.background.Go(func() {
		c.doubts.answer(bid, c.sendRelease(bid.givenBack(), c.timing.giveBackTimeout()))
	})
}

// releaseBid is giveBack for a goroutine that may wait, and that has a call open.
func (c *candidacy) releaseBid(bid Bid) {
	ctx, cancel := c.machine.WithTimeout(context.Background(), c.timing.giveBackTimeout())
	defer cancel()
	c.doubts.answer(bid, c.store.Release(ctx, bid.givenBack()))
}

func (b Bid) givenBack() Tenure {
	return Tenure{Candidate: b.Candidate, Claim: b.Claim, Reason: "given back"}
}

// giveBackAgain sends the oldest release again that was not answered. It is called
// when the store has answered something; one at a time, so that calls about the
// past don't get in the way of renewals.
func (c *candidacy) giveBackAgain() {
	if bid, found := c.doubts.oldest(); found {
		c.giveBack(bid)
	}
}
