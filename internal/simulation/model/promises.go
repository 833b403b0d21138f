package model

// Promise is what must be true in every state.
type Promise string

// The promises that are checked.
const (
	OneLeader   Promise = "P1: one leader"
	TermsGrow   Promise = "P2: terms only grow"
	AlwaysAgain Promise = "P4: always a leader again"
	PauseHolds  Promise = "a pause elects nobody"
)

// judge returns the promise that a state breaks, "" if it breaks none.
func (c Config) judge(s state) Promise {
	for _, promise := range []Promise{OneLeader, TermsGrow, PauseHolds, AlwaysAgain} {
		if (c.Only == "" || c.Only == promise) && !c.keeps(promise, s) {
			return promise
		}
	}
	return ""
}

func (c Config) keeps(promise Promise, s state) bool {
	switch promise {
	case OneLeader:
		return !s.candidates[0].believes(s.now) || !s.candidates[1].believes(s.now)
	case TermsGrow:
		return !s.repeated
	case PauseHolds:
		return !s.electedInPause
	}
	if s.requests[0].op != none || s.answers[0].op != none {
		return true // judged once what is under way has arrived or was lost, which are states too
	}
	for _, alive := range c.survivors(s) {
		if !c.recovers(s, alive, silent) {
			return false
		}
	}
	return true
}

// survivors are the candidates of whom one is to lead, in every case that there is.
func (c Config) survivors(s state) [][]int8 {
	if s.isolated {
		return [][]int8{{0, 1}, {1}} // who is cut off for good is not promised a leader
	}
	return [][]int8{{0, 1}, {0}, {1}}
}

// recovery is within how many ticks somebody leads once nothing goes wrong any
// more: a lease that nobody leads by and a quarantine, which run at once, the
// tick after which the next bid is sent, and a reservation for somebody who is dead. A
// pause ends first: it is no fault.
func (c Config) recovery() tick {
	if c.Orders > 0 || c.Ranked {
		return ttl + 1 + reservedFor
	}
	return ttl + 1
}

// recovers lets those who are alive live on undisturbed, the others having died at
// this moment, and reports whether one of them leads in time.
func (c Config) recovers(s state, alive []int8, tell teller) bool {
	before := s.candidates
	s.server.paused, s.old.paused = false, false
	s.candidates = [2]candidate{}
	for _, who := range alive {
		s.candidates[who] = before[who]
		if before[who].waiting != none {
			s = c.arrive(c.giveUp(s, who), tell)
		}
	}
	for range c.recovery() + 1 {
		for _, who := range alive {
			if !s.candidates[who].believes(s.now) {
				s, _, _ = c.send(s, who)
				s = c.arrive(s, tell)
			}
			if s.candidates[who].believes(s.now) {
				return true
			}
		}
		s = s.tick()
	}
	return false
}

// arrive lets what is under way arrive, and be answered at once.
func (c Config) arrive(s state, tell teller) state {
	for s.requests[0].op != none {
		request := s.requests.take(0)
		s = c.execute(s, request, true)
		tell(s, event{executes, request.who, request})
		for s.answers[0].op != none {
			answer := s.answers.take(0)
			s = c.hear(s, answer)
			tell(s, event{hears, answer.who, answer})
		}
	}
	return s
}

// teller is told what happens, and what comes of it.
type teller func(after state, e event)

func silent(state, event) {}
