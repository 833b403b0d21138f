package storetest

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"example.com/leaderelection"
)

// oneLeaseAmongMany: of bids made at once, one is granted, and the others are told
// which (P1).
func oneLeaseAmongMany(t *trial) {
	const rounds, bidders = 5, 32
	key := t.newElection()
	for range rounds {
		claims, answers := make([]string, bidders), make([]answer, bidders)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range bidders {
			claims[i] = newClaim()
			bidder := t.candidate(key, "bidder-"+claims[i], long)
			wg.Go(func() {
				<-start
				var err error
				answers[i], err = bidder.tryBid(leaderelection.Bid{Claim: claims[i]})
				if err != nil {
					t.Errorf("Acquire: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()

		winner := -1
		for i, a := range answers {
			if a.Verdict == leaderelection.Granted {
				if winner >= 0 {
					t.Fatalf("two of %d bids made at once were granted: terms %d and %d", bidders, answers[winner].Term, a.Term)
				}
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("none of %d bids made at once was granted, though nobody leads", bidders)
		}
		won := t.candidate(key, "bidder-"+claims[winner], long).leaseOf(claims[winner], answers[winner])
		for i, a := range answers {
			if i != winner {
				t.expect("a beaten bid", a, leaderelection.Held)
				won.standsFor("a beaten bid", a, won.granted)
			}
		}
		won.release()
	}
}

// reign is the time in which one candidate was certain to hold the lease.
type reign struct {
	term        int64
	from, until time.Time // from the answer of the grant to the sending of the release
}

// oneLeaseThroughHandovers: while candidates acquire, renew and release as fast as
// they can, no two ever hold the lease together, and terms follow each other (P1, P2).
func oneLeaseThroughHandovers(t *trial) {
	const candidates, terms = 8, 50
	key := t.newElection()
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		history []reign
		latest  = time.Now() // when the latest was noted
	)
	// However slow the machine, one handover follows another.
	goOn := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(history) < terms && time.Since(latest) < patience
	}
	note := func(reigned reign) {
		mu.Lock()
		defer mu.Unlock()
		history, latest = append(history, reigned), time.Now()
	}
	for range candidates {
		wg.Go(func() {
			c := t.candidate(key, "candidate-"+newClaim(), long)
			for goOn() {
				reigned, err := c.reignOnce()
				if err != nil {
					t.Errorf("a call of one of %d candidates: %v", candidates, err)
					return
				}
				if reigned.term != 0 {
					note(reigned)
				}
			}
		})
	}
	wg.Wait()

	if len(history) < terms {
		t.Errorf("no handover within %v of the %dth, though every lease was released", patience, len(history))
	}
	slices.SortFunc(history, func(a, b reign) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.term, b.term)) })
	var last reign
	for _, next := range history {
		if next.from.Before(last.until) {
			t.Fatalf("term %d was granted %v before term %d was released", next.term, last.until.Sub(next.from), last.term)
		}
		if next.term <= last.term {
			t.Fatalf("term %d follows term %d: terms grow", next.term, last.term)
		}
		last = next
	}
}

// reignOnce bids once. If that is granted, it leads for a moment, renews, and
// releases. The term is 0 if it is refused.
func (c *candidate) reignOnce() (reign, error) {
	claim := newClaim()
	granted, err := c.tryBid(leaderelection.Bid{Claim: claim})
	if err != nil {
		return reign{}, err
	}
	if granted.Verdict != leaderelection.Granted {
		time.Sleep(time.Millisecond)
		return reign{}, nil
	}
	l := c.leaseOf(claim, granted)
	time.Sleep(time.Millisecond)
	renewed, err := c.tryRenew(l.tenure)
	if err != nil {
		return reign{}, err
	}
	if renewed.Verdict != leaderelection.Granted {
		c.Errorf("the leader's Renew answered %v, want granted", renewed.Verdict)
	}
	until := time.Now()
	return reign{term: granted.Term, from: granted.received, until: until}, c.tryRelease(l.tenure)
}

// oneLeaseForTwoOfTheSameID: the claim makes the holder, not the name (F23).
func oneLeaseForTwoOfTheSameID(t *trial) {
	key := t.newElection()
	first := t.candidate(key, "twin", long).win()
	second := t.candidate(key, "twin", long)

	refusal := second.acquire(newClaim())
	t.expect("the Acquire of a second process with the leader's InstanceID", refusal, leaderelection.Held)
	first.standsFor("the Acquire of a second process with the leader's InstanceID", refusal, first.granted)

	forged := first.tenure
	forged.Claim = newClaim()
	t.expect("a Renew with the leader's InstanceID and term, but not its claim", second.renew(forged), leaderelection.Lost)
	second.release(forged)
	first.untouched("its twin's Renew and Release", first.granted)
}
