package model

// candidateSteps are those that a candidate takes by itself.
func (c Config) candidateSteps(all []step, s state, who int8) []step {
	me := s.candidates[who]
	switch {
	case me.waiting != none:
		request := message{op: me.waiting, who: who, claim: me.claim, term: me.term}
		all = append(all, step{event{givesUp, who, request}, c.giveUp(s, who)})
	case me.term == 0 && s.claims == c.Bids && me.resumes == 0:
	case me.term == 0 || me.deadline < s.now+ttl: // else it has been renewed in this tick
		if after, request, ok := c.send(s, who); ok {
			all = append(all, step{event{sends, who, request}, after})
		}
	}
	if me.term != 0 {
		request := message{op: release, who: who, claim: me.claim, term: me.term}
		after := s
		after.candidates[who] = candidate{seen: me.seen}
		after.requests.put(request, c.Flight)
		all = append(all, step{event{stops, who, request}, after})
	}
	return all
}

// send has a candidate ask for what it wants: to go on leading, or to lead. Where
// nothing more can be under way, it can't.
func (c Config) send(s state, who int8) (after state, request message, ok bool) {
	me := &s.candidates[who]
	request = message{op: renewal, who: who, claim: me.claim, term: me.term, sent: s.now}
	if me.term == 0 {
		claim := me.resumes
		if claim == 0 {
			s.claims++
			claim = s.claims
		}
		*me = candidate{seen: me.seen, claim: claim}
		request = message{op: bid, who: who, claim: claim, term: me.seen, sent: s.now}
	}
	me.waiting, me.sent = request.op, s.now
	return s, request, s.requests.put(request, c.Flight)
}

// giveUp ends a candidate's waiting. A bid may have been granted, so it is given
// back; a renewal is sent again.
func (c Config) giveUp(s state, who int8) state {
	me := &s.candidates[who]
	if me.waiting == renewal {
		me.waiting, me.sent = none, 0
		return s
	}
	claim := me.claim
	*me = candidate{seen: me.seen}
	if c.Rules.ResumeClaim {
		me.resumes = claim
		return s
	}
	s.requests.mark(bid, claim, late)
	s.answers.mark(bid, claim, late)
	s.requests.put(message{op: release, who: who, claim: claim}, c.Flight)
	return s
}

// hear lets a candidate hear an answer.
func (c Config) hear(s state, a message) state {
	givenBack := message{op: release, who: a.who, claim: a.claim}
	if a.sent == late {
		s.requests.put(givenBack, c.Flight)
		return s
	}
	me := &s.candidates[a.who]
	me.waiting, me.sent = none, 0
	me.seen = max(me.seen, a.term)
	until := a.sent + ttl
	if c.Rules.CountFromAnswer {
		until = s.now + ttl
	}
	switch {
	case a.verdict == granted && until > s.now:
		me.term, me.deadline = a.term, max(until, me.deadline)
	case a.verdict == granted && a.op == bid: // nothing is left of it to lead with
		s.requests.put(givenBack, c.Flight)
		*me = candidate{seen: me.seen}
	case a.op == renewal && c.Rules.DoubtLoss:
	default: // refused, or lost
		*me = candidate{seen: me.seen}
	}
	return s
}
