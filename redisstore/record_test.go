package redisstore_test

import (
	"testing"
	"time"
)

// A lease that has been renewed for long has three witnesses as a new one has: the
// record is one after the other two were deleted (F15).
func TestRecordOfARenewedLeaseIsAWitness(t *testing.T) {
	each(t, func(t *trial) {
		t.beOld() // so that no quarantine hides what becomes of the lease
		leader := t.settled().candidate("leader", long).win()

		// Given that the term has lasted for an hour: the record's expiry is that of the grant.
		if n := t.do("PEXPIRE", "{jobs}:term", (7*24*time.Hour - time.Hour).Milliseconds()); n != int64(1) {
			t.Fatal("there is no record")
		}
		leader.renew("after an hour")

		// When the lock and the lease are deleted, then the lease still stands.
		t.do("DEL", "jobs", "{jobs}:lease")
		if a := t.candidate("rival", long).refused("after the deletion"); a.Remaining < long-slack {
			t.Errorf("the rival need only wait for %v", a.Remaining)
		}
		leader.renew("after the deletion")
		leader.stands("after the renewal")
	})
}

// A term that one candidate has told of counts for all, also where the server's clock
// is behind it, and the candidate is gone.
func TestTermsGrowBeyondWhatAnotherCandidateHasSeen(t *testing.T) {
	each(t, func(t *trial) {
		const seen = 1 << 60
		t.candidate("gone", short).thatHasSeen(seen, short).quarantined("having seen a term that the server has not", 0, short)
		if term := t.candidate("next", short).win().tenure.Term; term <= seen {
			t.Errorf("term %d was granted after term %d", term, int64(seen))
		}
	})
}
