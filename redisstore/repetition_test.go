package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

func TestF07ClaimThatIsSentFourTimesIsGrantedOnce(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		// Given a claim that was granted,
		leader := t.candidate("leader", long)
		claim := newClaim()
		first := leader.acquire(claim)

		// when it is sent three times more,
		for range 3 {
			time.Sleep(5 * time.Millisecond)
			again := leader.acquire(claim)
			// then each says so, in the same term, and nothing is extended,
			if again.Verdict != leaderelection.Granted || again.Term != first.Term {
				t.Fatalf("answered %v, term %d; want granted, term %d", again.Verdict, again.Term, first.Term)
			}
			if most := long - again.sent.Sub(first.received) + grain; again.Remaining > most {
				t.Errorf("%v remaining, want at most %v", again.Remaining, most)
			}
		}
		if begun := t.history("begin"); len(begun) != 2 { // the settler's, too
			t.Errorf("%d terms have begun", len(begun))
		}

		// and after its release it is refused.
		leader.leaseOf(claim, first).release()
		if late := leader.acquire(claim); late.Verdict != leaderelection.Lost {
			t.Errorf("after its release: %v", late.Verdict)
		}
		if read := leader.read(); read.Verdict != leaderelection.Vacant {
			t.Errorf("the late claim has left %v", read.Verdict)
		}
	})
}

func TestF07ClaimThatIsSentAgainAfterItsEndIsRefused(t *testing.T) {
	each(t, func(t *trial) {
		l := t.settled().candidate("leader", short).win()
		l.end()
		if late := l.acquire(l.tenure.Claim); late.Verdict != leaderelection.Lost {
			t.Errorf("answered %v, term %d; want lost", late.Verdict, late.Term)
		}
		next := t.candidate("next", long).win()
		if late := l.acquire(l.tenure.Claim); late.Verdict == leaderelection.Granted {
			t.Error("granted while somebody else leads")
		}
		next.stands("after a late claim")
	})
}

// The client does it by itself: go-redis sends a script again when no answer came.
func TestF07ClientThatReSendsBeginsOneTerm(t *testing.T) {
	each(t, func(t *trial) {
		t.settled()
		proxy := redistest.NewProxy(t, t.server.Addr())
		far := t.candidate("far", long)
		far.store = newStore(t, &redis.Options{Addr: proxy.Addr(), ReadTimeout: 100 * time.Millisecond, MaxRetries: 3})
		eventually(t, "a connection", func() bool {
			_, err := far.readOnce()
			return err == nil
		})

		proxy.DropAnswers()
		claim := newClaim()
		if a, err := far.try(far.bidOf(claim)); err == nil {
			t.Fatalf("without an answer: %v", a.Verdict)
		}
		proxy.Restore()

		var again answer
		eventually(t, "an answer to the same claim", func() (answered bool) {
			var err error
			again, err = far.try(far.bidOf(claim))
			return err == nil
		})
		if again.Verdict != leaderelection.Granted {
			t.Fatalf("the same claim later: %v", again.Verdict)
		}
		if begun := t.history("begin"); len(begun) != 2 { // the settler's, too
			t.Errorf("%d terms have begun", len(begun))
		}
		far.leaseOf(claim, again).stands("after it was sent again and again")
	})
}

func TestF09LateRenewalOfAnOldTermLeavesTheSuccessorAlone(t *testing.T) {
	each(t, func(t *trial) {
		old := t.settled().candidate("old", long).win()
		old.release()
		next := t.candidate("next", long).win()

		old.lost("after its release, in the next term")
		old.tenure.Term = next.tenure.Term
		old.lost("with its own claim and the next term's number")
		next.stands("after late renewals")
		next.renew("after late renewals")
	})
}

func TestF09RenewalAfterReleaseRevivesNothing(t *testing.T) {
	each(t, func(t *trial) {
		old := t.settled().candidate("old", long).win()
		old.release()
		old.lost("after its release")
		if n := t.do("EXISTS", "jobs", "{jobs}:lease"); n != int64(0) {
			t.Errorf("%v keys of the lease are back", n)
		}
	})
}

func TestF10LateReleaseLeavesTheSuccessorAlone(t *testing.T) {
	each(t, func(t *trial) {
		expired := t.settled().candidate("expired", short).win()
		expired.end()
		next := t.candidate("next", long).win()

		expired.release()
		next.stands("after a late release")
		expired.tenure.Term = 0 // as of a bid whose outcome is unknown
		expired.release()
		next.stands("after a late release without a term")
		expired.tenure.Term = next.tenure.Term
		expired.release()
		next.stands("after a late release with the next term's number")
		next.renew("after late releases")
	})
}

// Bids given up and released may arrive after their releases (F06).
func TestF06BidsThatArriveAfterTheirReleasesAreRefused(t *testing.T) {
	each(t, func(t *trial) {
		c := t.settled().candidate("candidate", long)
		claims := []string{newClaim(), newClaim(), newClaim()}
		for _, claim := range claims {
			c.leaseOf(claim, answer{}).release()
		}
		for _, claim := range claims {
			if late := c.acquire(claim); late.Verdict == leaderelection.Granted {
				t.Error("granted after it was given back")
			}
		}
		c.win()
	})
}

func TestF23TwoOfTheSameInstanceID(t *testing.T) {
	each(t, func(t *trial) {
		// Given two live processes with one InstanceID,
		t.settled()
		first := t.start("twin", patience/3).leads()
		term := first.Term()
		second := t.start("twin", patience/3)

		// then one leads and the other follows,
		second.follows()
		first.goesOn(term, "with a twin")
		if second.IsLeader() {
			t.Error("both lead")
		}

		// and when the first stops, the second leads in a term of its own.
		if err := first.Stop(); err != nil {
			t.Fatal(err)
		}
		if next := second.leads().Term(); next <= term {
			t.Errorf("term %d follows term %d", next, term)
		}
	})
}
