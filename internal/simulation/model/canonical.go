package model

import (
	"hash/maphash"
	"math/bits"
)

// identity stands for a state in the table of those that were visited. It is a hash
// of 128 bits: that any two of 10^8 states share one has a chance of 10^-23.
type identity [2]uint64

// identities tells states apart, but not those that behave alike from now on.
type identities struct {
	config Config
	seeds  [2]maphash.Seed
	exact  bool // tell all states apart, for a test of the rest of this file
}

func (c Config) identities() identities {
	return identities{config: c, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (ids identities) of(s state) identity {
	if ids.exact {
		return identity{maphash.Comparable(ids.seeds[0], s), maphash.Comparable(ids.seeds[1], s)}
	}
	same := ids.config.canonical(s)
	id := maphash.Comparable(ids.seeds[0], same)
	if !ids.config.Isolation && !ids.config.Ranked { // there the two are not alike
		swapped := ids.config.canonical(s.swapped())
		if other := maphash.Comparable(ids.seeds[0], swapped); other < id {
			same, id = swapped, other
		}
	}
	return identity{id, maphash.Comparable(ids.seeds[1], same)}
}

// canonical is one state for all that behave like s: what has passed is over however
// long ago it was, and claims are names without a meaning.
//
// It may only merge states of which each can do what the other can, to states that
// are merged again: of the merged ones, one alone is explored.
func (c Config) canonical(s state) state {
	s.runs = 0
	if s.highest < s.now*perTick && !c.Rules.TermPlusOne {
		s.highest = 0 // the server's time is above it
	}
	if s.isolated || !c.Isolation && s.faults == c.Faults {
		s.copy = server{} // nobody goes back to it any more
	}
	s.copy.run, s.copy.born, s.copy.wrote = 0, 0, 0 // it will be another server's
	alive, bids := c.claimsInUse(s)
	for _, server := range s.servers() {
		server.settle(s.now, c.Rules.TermPlusOne)
		server.spent &= bids
		if !c.Rules.regrants() { // else a claim is also that of whoever held it
			server.claim, server.leaseClaim = only(alive, server.claim), only(alive, server.leaseClaim)
			server.holder = 0
		}
	}
	if !c.Rules.TermPlusOne {
		s.rank()
	}
	s.renameClaims()
	s.requests.sort()
	s.answers.sort()
	return s
}

// settle forgets what makes no difference any more.
func (s *server) settle(now tick, seenMatters bool) {
	if s.leaseEnd <= now {
		s.leaseEnd, s.leaseClaim = 0, 0
	}
	if s.notBefore <= now {
		s.notBefore = 0
	}
	if s.seen <= s.term && !seenMatters {
		s.seen = 0
	}
	if s.exists || now-s.born > ttl {
		s.born = longAgo
	}
	if s.exists && s.wrote != s.run {
		s.run, s.wrote = 0, 1
	} else {
		s.run, s.wrote = 0, 0
	}
	if s.claim == 0 {
		s.holder = 0
	}
	s.orders.settle(now, s.claim != 0)
}

// claimsInUse are those that anybody knows or anything under way names, and those of
// them that a bid may yet come with.
func (c Config) claimsInUse(s state) (alive, bids uint8) {
	for _, me := range s.candidates {
		alive |= 1<<me.claim | 1<<me.resumes
		bids |= 1 << me.resumes
		if c.Rules.ResumeClaim && me.waiting == bid {
			bids |= 1 << me.claim
		}
	}
	for _, r := range s.requests {
		alive |= 1 << r.claim
		if r.op == bid {
			bids |= 1 << r.claim
		}
	}
	for _, a := range s.answers {
		alive |= 1 << a.claim
	}
	return alive, bids &^ 1 // 0 is no claim
}

func only(alive uint8, claim int8) int8 {
	if alive&(1<<claim) == 0 {
		return 0
	}
	return claim
}

// renameClaims gives claims new names, in an order that depends on nothing but where
// they occur.
func (s *state) renameClaims() {
	var signs [8]uint64
	place := uint64(1)
	s.eachClaim(func(claim *int8) {
		signs[*claim] |= place
		place <<= 1
	})
	for _, server := range s.servers() {
		for spent := server.spent; spent != 0; spent &= spent - 1 {
			signs[bits.TrailingZeros8(spent)] |= place
		}
		place <<= 1
	}
	for i := range s.requests {
		request, answer := s.requests[i], s.answers[i]
		signs[request.claim] += request.keyButClaim() * 0x9e3779b97f4a7c15
		signs[answer.claim] += answer.keyButClaim() * 0xbf58476d1ce4e5b9
	}

	var names [8]int8
	for claim := 1; claim < len(signs); claim++ {
		for other := 1; other < len(signs); other++ {
			if signs[other] > signs[claim] || signs[other] == signs[claim] && other <= claim {
				names[claim]++
			}
		}
	}
	s.eachClaim(func(claim *int8) { *claim = names[*claim] })
	for i := range s.requests {
		s.requests[i].claim, s.answers[i].claim = names[s.requests[i].claim], names[s.answers[i].claim]
	}
	for _, server := range s.servers() {
		spent := server.spent
		for server.spent = 0; spent != 0; spent &= spent - 1 {
			server.spent |= 1 << names[bits.TrailingZeros8(spent)]
		}
	}
}

// eachClaim visits those that servers and candidates remember.
func (s *state) eachClaim(f func(*int8)) {
	for _, server := range s.servers() {
		f(&server.claim)
		f(&server.leaseClaim)
	}
	for i := range s.candidates {
		f(&s.candidates[i].claim)
		f(&s.candidates[i].resumes)
	}
}

func (s *state) servers() [3]*server { return [3]*server{&s.server, &s.copy, &s.old} }

// rank gives terms other numbers in the same order. Of those below the server's time
// only that matters, since the next term is above it; of the others also which of
// them are successors.
func (s *state) rank() {
	var used [2]uint64
	s.eachTerm(func(term *int8) { used[*term>>6] |= 1 << (*term & 63) })
	used[0] &^= 1 // 0 is no term
	var names [128]int8
	present := s.now * perTick
	last, name := int8(0), int8(0)
	for half := range used {
		for ; used[half] != 0; used[half] &= used[half] - 1 {
			term := int8(half<<6 + bits.TrailingZeros64(used[half]))
			switch {
			case term < present:
				name++
			case last < present:
				name = present + min(term-present, 1)
			default:
				name += min(term-last, 2)
			}
			names[term], last = name, term
		}
	}
	s.eachTerm(func(term *int8) { *term = names[*term] })
}

func (s *state) eachTerm(f func(*int8)) {
	for _, server := range s.servers() {
		f(&server.term)
		f(&server.seen)
	}
	for i := range s.candidates {
		f(&s.candidates[i].seen)
		f(&s.candidates[i].term)
	}
	for i := range s.requests {
		f(&s.requests[i].term)
		f(&s.answers[i].term)
	}
	f(&s.highest)
}

// swapped has the candidates change places.
func (s state) swapped() state {
	s.candidates[0], s.candidates[1] = s.candidates[1], s.candidates[0]
	for _, server := range s.servers() {
		server.holder = 1 - server.holder
		server.swap()
	}
	for i := range s.requests {
		if s.requests[i].op != none {
			s.requests[i].who = 1 - s.requests[i].who
		}
		if s.answers[i].op != none {
			s.answers[i].who = 1 - s.answers[i].who
		}
	}
	s.requests.sort()
	s.answers.sort()
	return s
}
