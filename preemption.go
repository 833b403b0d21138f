package leaderelection

import "time"

// preemption is what a candidate knows of the leaders that it has had asked to step down.
// One that asks and is not elected then, since it doesn't hear of the vacancy in time,
// must not go on to depose whoever is: each time costs a while without a leader.
type preemption struct {
	term   int64   // whose leader is asked; 0 for none
	inVain int     // how often somebody else was elected then
	from   instant // when it may ask again

	resigned bool // its own last term; until it is elected again
}

// mayAsk reports whether a bid may preempt. Who has given the lead up, of itself or since
// it was asked to, does not take it back.
func (p *preemption) mayAsk(now instant) bool {
	return !p.resigned && (p.inVain == 0 || now.mono >= p.from.mono)
}

// refused learns from a refusal what has become of the asking.
func (p *preemption) refused(state State, id string, now instant, ttl time.Duration) {
	if p.term != 0 && state.Leader != nil && state.Term > p.term {
		p.term, p.inVain = 0, p.inVain+1
		p.from = now.plus(ttl << min(p.inVain, 6))
	}
	if state.Asked != nil && state.Asked.By == id {
		p.term = state.Term // perhaps by the same bid
	}
}
