package model

// tick is a moment, or a number of ticks.
type tick = int8

// ttl is how long a lease lasts. Quarantines last as long. Belief is not shortened
// by a safety margin: in the model all clocks run alike, and the protocol must
// hold without.
const ttl tick = 2

// perTick is how many terms fit between two ticks: a real server counts
// microseconds, and grants fewer than one term in each.
const perTick = 8

// longAgo is when a server was started that can't have lost anything lately.
const longAgo tick = -100

// server is what is in Redis, and who Redis is. The lease is one thing here.
type server struct {
	run  int8 // which server it is
	born tick // when it was started; first use of a record long after is no loss

	exists    bool // the record does
	term      int8
	seen      int8 // the highest term that a candidate has told of
	claim     int8 // of the last grant, 0 once it was released
	holder    int8
	wrote     int8  // the server that wrote the record
	notBefore tick  // nobody acquires before
	spent     uint8 // the claims that were given back, a bit for each

	leaseClaim int8
	leaseEnd   tick // the lease stands while it is before that

	orders
}

// Rules are those of the protocol, or wrong ones. The first five are the variants of
// the design that looked right.
type Rules struct {
	RegrantToInstance bool // the holder's next bid is granted again, and the lease not extended
	RegrantExtending  bool // the same, and extended
	QuarantineAsLease bool // the quarantine is put into the lease's own expiry
	TermPlusOne       bool // terms are counted, without server time
	LossBySeenAlone   bool // a server has lost its memory if its term is below one that was seen; nothing is remembered of having noticed

	NoQuarantine     bool // a server that lost its memory grants at once
	IgnoreServerName bool // a record that another server wrote is as good as one's own
	ForgetSeen       bool // the term whose telling began a quarantine is not kept
	ReleaseAnything  bool // release does not compare claims
	RenewAnything    bool // renew does not compare claims or terms
	CountFromAnswer  bool // a lease is believed in from the moment of the answer
	ResumeClaim      bool // a bid of unknown outcome is repeated with the same claim later on
	DoubtLoss        bool // a leader who hears that its lease is lost leads on until its deadline

	PauseElects    bool // a pause keeps nobody from being elected
	ReserveForEver bool // a vacancy is reserved until its heir comes
	ReserveAnew    bool // a vacancy is reserved whenever its reservation has ended
}

// guard begins a quarantine where the server may have forgotten a lease.
func (r Rules) guard(s *server, now tick, seen int8) {
	var lost bool
	switch {
	case r.LossBySeenAlone:
		lost = seen > s.term
	case s.exists:
		lost = s.wrote != s.run && !r.IgnoreServerName || seen > s.term && seen > s.seen
	default:
		lost = seen != 0 || now-s.born < ttl+1
	}
	s.wrote = s.run
	if !lost || r.NoQuarantine {
		return
	}
	s.exists = true
	if r.QuarantineAsLease {
		s.leaseEnd = max(s.leaseEnd, now+ttl)
	} else {
		s.notBefore = max(s.notBefore, now+ttl)
	}
	if !r.LossBySeenAlone && !r.ForgetSeen {
		s.seen = max(s.seen, seen)
	}
}

// verdict is the server's answer.
type verdict int8

const (
	granted verdict = iota + 1
	refused         // held or quarantined
	lost
)

func (v verdict) String() string { return [...]string{"", "granted", "refused", "lost"}[v] }

// acquire grants the lease to a claim, if nobody holds one and no quarantine runs.
func (r Rules) acquire(s *server, now tick, who, claim, seen int8) (v verdict, term int8) {
	r.guard(s, now, seen)
	s.present |= 1 << who
	stands := now < s.leaseEnd
	switch {
	case claim == s.claim && s.leaseClaim == claim && stands:
		return granted, s.term
	case r.regrants() && stands && s.holder == who && s.claim != 0 && s.spent&(1<<claim) == 0:
		s.claim, s.leaseClaim = claim, claim
		if r.RegrantExtending {
			s.leaseEnd = now + ttl
		}
		return granted, s.term
	case claim == s.claim || s.spent&(1<<claim) != 0:
		return lost, known(s)
	case stands || now < s.notBefore || r.refusesVacancy(s, now, who):
		return refused, known(s)
	}
	term = max(max(s.term, s.seen, seen)+1, now*perTick)
	if r.TermPlusOne {
		term = s.term + 1
	}
	s.exists, s.term, s.seen, s.claim, s.holder, s.notBefore = true, term, 0, claim, who, 0
	s.leaseClaim, s.leaseEnd = claim, now+ttl
	s.begin()
	s.present &^= 1 << who
	return granted, term
}

func (r Rules) regrants() bool { return r.RegrantToInstance || r.RegrantExtending }

// known is the term that a refusal tells of.
func known(s *server) int8 { return max(s.term, s.seen) }

// renew extends the lease of a claim; a higher term than the record's wins.
func (r Rules) renew(s *server, now tick, who, claim, term int8) (verdict, int8) {
	r.guard(s, now, term)
	if term <= s.term && (term != s.term || claim != s.claim) && !r.RenewAnything {
		return lost, known(s)
	}
	if term != s.term {
		s.heir = nobodyNamed // who was asked led in another term
	}
	s.exists, s.term, s.claim, s.holder = true, term, claim, who
	s.leaseClaim, s.leaseEnd = claim, now+ttl
	return granted, term
}

// release gives the lease of a claim back.
func (r Rules) release(s *server, now tick, who, claim, term int8) {
	r.guard(s, now, term)
	s.exists = true
	s.spent |= 1 << claim
	if claim == s.claim || r.ReleaseAnything {
		s.claim = 0
		s.leaseClaim, s.leaseEnd = 0, min(s.leaseEnd, now)
		s.present &^= 1 << who
		s.vacate(now)
	}
}
