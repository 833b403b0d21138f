package model

import "fmt"

// operation is what a request asks for.
type operation int8

const (
	none operation = iota
	bid
	renewal
	release
)

func (o operation) String() string { return [...]string{"", "bid", "renewal", "release"}[o] }

// message is a request under way to the server, or an answer under way back.
type message struct {
	op         operation
	who, claim int8
	term       int8 // of a renewal or a release; the highest seen of a bid; of an answer the server's
	sent       tick // when the request was; or one of the constants below
	verdict    verdict
}

const (
	nobody tick = -1 // is there to hear the answer
	late   tick = -2 // the bid was given up, but its candidate will hear the answer
)

func (m message) String() string {
	switch m.op {
	case bid:
		return fmt.Sprintf("%s's bid with claim %d, having seen term %d", name(m.who), m.claim, m.term)
	case release:
		return fmt.Sprintf("%s's release of claim %d", name(m.who), m.claim)
	default:
		return fmt.Sprintf("%s's renewal of claim %d, term %d", name(m.who), m.claim, m.term)
	}
}

func name(who int8) string { return string(rune('A' + who)) }

// mail is what is under way in one direction. It may arrive in any order, so it is
// sorted: states are equal that differ only in where messages are kept.
type mail [3]message

// put puts m on its way. Where there is no room it is lost, which is reported.
func (all *mail) put(m message, room int) bool {
	for i := range room {
		if all[i].op == none {
			all[i] = m
			all.sort()
			return true
		}
	}
	return false
}

func (all *mail) take(i int) message {
	m := all[i]
	all[i] = message{}
	all.sort()
	return m
}

func (all *mail) sort() {
	for i := 1; i < len(all); i++ {
		for j := i; j > 0 && all[j].key() < all[j-1].key(); j-- {
			all[j-1], all[j] = all[j], all[j-1]
		}
	}
}

// mark notes of a claim's messages who will hear the answer.
func (all *mail) mark(op operation, claim int8, sent tick) {
	for i, m := range all {
		if m.op == op && m.claim == claim {
			all[i].sent = sent
		}
	}
	all.sort()
}

// key orders messages; what is none comes last.
func (m message) key() uint64 { return m.keyButClaim() | uint64(m.claim) }

func (m message) keyButClaim() uint64 {
	if m.op == none {
		return 1 << 63
	}
	return uint64(m.op)<<40 | uint64(m.who)<<32 | uint64(m.term)<<24 | uint64(m.verdict)<<16 | uint64(m.sent-late)<<8
}
