package model

// orders is what an operator has asked for, and for whom a vacancy is reserved. That a
// leader is asked to step down needs no rule: it may stop whenever it likes.
type orders struct {
	paused  bool
	heir    int8  // whom the present leader was asked to step down for
	present uint8 // who has bid and does not lead, a bit for each: all of them can be woken

	reserved      int8 // for whom this vacancy is or was reserved
	reservedUntil tick
	ranked        bool // A has a higher priority than B
}

// Whom an order or a reservation names, if not A (1) or B (2).
const (
	nobodyNamed int8 = 0
	highest     int8 = 3 // whoever has the highest priority
)

func named(who int8) int8 { return who + 1 }

// reservedFor is how long a reservation lasts: less than a lease.
const reservedFor tick = 1

// begin ends what concerned the vacancy, and the term before it.
func (o *orders) begin() { o.heir, o.reserved, o.reservedUntil = nobodyNamed, nobodyNamed, 0 }

// vacate reserves a vacancy that a release has made for whoever was named.
func (o *orders) vacate(now tick) {
	heir := o.heir
	o.begin()
	if heir != nobodyNamed && o.present&(1<<(heir-1)) != 0 {
		o.reserve(heir, now)
	}
}

func (o *orders) reserve(heir int8, now tick) { o.reserved, o.reservedUntil = heir, now+reservedFor }

// refusesVacancy reports whether a vacancy is not to be had, or kept for the other.
func (r Rules) refusesVacancy(s *server, now tick, who int8) bool {
	switch {
	case s.paused && !r.PauseElects:
		if s.claim != 0 { // the record is to last, whose expiry told of this lease
			s.spent |= 1 << s.claim
			s.claim = 0
		}
		return true
	case now < s.reservedUntil || r.ReserveForEver && s.reserved != nobodyNamed:
		return s.reserved != named(who) && (s.reserved != highest || s.outranks(who))
	case (s.reserved == nobodyNamed || r.ReserveAnew) && s.outranks(who):
		s.reserve(highest, now)
		return true
	default:
		return false
	}
}

// outranks reports whether somebody of higher priority is there.
func (s *server) outranks(who int8) bool { return s.ranked && who == 1 && s.present&1 != 0 }

// settle forgets what makes no difference any more.
func (o *orders) settle(now tick, held bool) {
	if !held {
		o.heir = nobodyNamed
	}
	if o.reservedUntil <= now {
		o.reservedUntil = 0
		if o.reserved != nobodyNamed {
			o.reserved = highest
		}
	}
}

func (o *orders) swap() {
	for _, name := range []*int8{&o.heir, &o.reserved} {
		if *name == 1 || *name == 2 {
			*name = 3 - *name
		}
	}
	o.present = o.present>>1 | o.present&1<<1
}

// operatorSteps are what somebody may ask for: in favour of A, of B, or of a pause. How
// it gets to the server makes no difference, since it waits for nothing.
func (c Config) operatorSteps(all []step, s state) []step {
	if s.server.paused {
		after := s
		after.server.paused = false
		all = append(all, step{event{kind: resumes}, after})
	}
	if s.asked == c.Orders {
		return all
	}
	s.asked++
	if s.server.claim != 0 && s.now < s.server.leaseEnd {
		for who := range int8(2) {
			if s.server.present&(1<<who) != 0 && s.server.holder != who {
				after := s
				after.server.heir = named(who)
				all = append(all, step{event{kind: asks, who: who}, after})
			}
		}
	}
	after := s
	after.server.paused = true
	return append(all, step{event{kind: pauses}, after})
}
