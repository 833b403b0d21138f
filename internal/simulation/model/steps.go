package model

import "fmt"

// step is one thing that can happen, and what comes of it.
type step struct {
	event event
	after state
}

// event is what happens.
type event struct {
	kind    kind
	who     int8
	message message
}

type kind int8

const (
	timePasses kind = iota
	sends
	givesUp
	stops
	executes
	executesFirst // of two times
	executesUnacknowledged
	losesRequest
	hears
	losesAnswer
	copies
	restartsEmpty
	restartsFromCopy
	crashes
	isolates
	asks
	pauses
	resumes
)

func (e event) String() string {
	switch e.kind {
	case timePasses:
		return "a tick passes"
	case sends:
		return fmt.Sprintf("%s sends %v", name(e.who), e.message)
	case givesUp:
		return fmt.Sprintf("%s waits no longer for the answer to %v", name(e.who), e.message)
	case stops:
		return fmt.Sprintf("%s stops to lead, and sends %v", name(e.who), e.message)
	case executes:
		return fmt.Sprintf("the server executes %v", e.message)
	case executesFirst:
		return fmt.Sprintf("the server executes %v, which will come a second time", e.message)
	case executesUnacknowledged:
		return fmt.Sprintf("the primary executes %v, which the replica does not acknowledge", e.message)
	case losesRequest:
		return fmt.Sprintf("lost: %v", e.message)
	case hears:
		return fmt.Sprintf("%s hears that its %v with claim %d was %v, term %d", name(e.who), e.message.op, e.message.claim, e.message.verdict, e.message.term)
	case losesAnswer:
		return fmt.Sprintf("lost: the answer to %s's %v with claim %d", name(e.who), e.message.op, e.message.claim)
	case copies:
		return "a copy is made of the server's data, or the replica catches up"
	case restartsEmpty:
		return "the server restarts empty"
	case restartsFromCopy:
		return "the server restarts from the copy, or a replica with that data takes its place"
	case asks:
		return fmt.Sprintf("the leader is asked to step down in favour of %s", name(e.who))
	case pauses:
		return "an operator has elections paused"
	case resumes:
		return "an operator has elections resumed"
	case crashes:
		return fmt.Sprintf("%s crashes, and starts again without having seen anything", name(e.who))
	default:
		return "the primary and A are cut off from the rest; the replica takes the primary's place for B"
	}
}

// steps appends everything that can happen next.
func (c Config) steps(all []step, s state) []step {
	first := len(all)
	if s.now < c.Ticks {
		all = append(all, step{event{kind: timePasses}, s.tick()})
	}
	for who := range int8(2) {
		all = c.candidateSteps(all, s, who)
	}
	all = c.networkSteps(all, s)
	all = c.faultSteps(all, s)
	all = c.operatorSteps(all, s)
	for i := first; i < len(all); i++ {
		all[i].after.forget()
	}
	return all
}

// tick lets time pass; a lease that lapses is over for good.
func (s state) tick() state {
	s.now++
	for who, c := range s.candidates {
		if c.term != 0 && s.now >= c.deadline {
			s.candidates[who] = candidate{seen: c.seen}
		}
	}
	return s
}

// networkSteps are what happens to what is under way, at its ends and in between.
func (c Config) networkSteps(all []step, s state) []step {
	for i, r := range s.requests {
		if r.op == none {
			break
		}
		after := s
		after.requests.take(i)
		all = append(all, step{event{executes, r.who, r}, c.execute(after, r, true)})
		if c.Acks && !s.cutOff(r.who) {
			all = append(all, step{event{executesUnacknowledged, r.who, r}, c.execute(after, r, false)})
		}
		all = append(all, step{event{losesRequest, r.who, r}, after})
		if s.repeats < c.Repeat {
			after := s
			after.repeats++
			all = append(all, step{event{executesFirst, r.who, r}, c.execute(after, r, true)})
		}
	}
	for i, a := range s.answers {
		if a.op == none {
			break
		}
		after := s
		after.answers.take(i)
		all = append(all, step{event{hears, a.who, a}, c.hear(after, a)}, step{event{losesAnswer, a.who, a}, after})
	}
	return all
}

// execute has the server do what a request asks, and answer.
func (c Config) execute(s state, r message, acknowledged bool) state {
	var v verdict
	var term int8
	server := s.serverOf(r.who)
	before, paused := server.term, server.paused
	switch r.op {
	case bid:
		v, term = c.Rules.acquire(server, s.now, r.who, r.claim, r.term)
	case renewal:
		v, term = c.Rules.renew(server, s.now, r.who, r.claim, r.term)
	default:
		c.Rules.release(server, s.now, r.who, r.claim, r.term)
	}
	if c.Acks {
		acknowledged = acknowledged && !s.cutOff(r.who)
		switch {
		case acknowledged && !s.isolated:
			s.copy = s.server
		case !acknowledged && v == granted:
			return s // to the candidate, the outcome is unknown
		}
	}
	if r.op == bid && v == granted && term != before {
		s.repeated = s.repeated || term <= s.highest
		s.electedInPause = s.electedInPause || paused
		s.highest = max(s.highest, term)
	}
	if r.op != release && r.sent != nobody {
		s.answers.put(message{op: r.op, who: r.who, claim: r.claim, verdict: v, term: term, sent: r.sent}, c.Flight)
	}
	return s
}

// faultSteps are what happens to the server, and to processes.
func (c Config) faultSteps(all []step, s state) []step {
	copied := s
	copied.copy = s.server
	if c.Isolation {
		if s.isolated {
			return all
		}
		isolated := s
		isolated.old, isolated.isolated = s.server, true
		isolated.replace(s.copy)
		return append(all, step{event{kind: copies}, copied}, step{event{kind: isolates}, isolated})
	}
	if s.faults == c.Faults {
		return all
	}
	all = append(all, step{event{kind: copies}, copied}) // that alone is no harm
	s.faults++
	empty, back := s, s
	empty.replace(server{})
	back.replace(s.copy)
	all = append(all, step{event{kind: restartsEmpty}, empty}, step{event{kind: restartsFromCopy}, back})
	for who := range int8(2) {
		all = append(all, step{event{kind: crashes, who: who}, s.crash(who)})
	}
	return all
}

// crash ends a candidate's process. What it has sent is still under way.
func (s state) crash(who int8) state {
	s.candidates[who] = candidate{}
	for i, r := range s.requests {
		if (r.op == bid || r.op == renewal) && r.who == who {
			s.requests[i].sent = nobody
		}
	}
	for i, a := range s.answers {
		if a.who == who {
			s.answers[i] = message{}
		}
	}
	return s
}
