package model

import "fmt"

// Config is what is explored.
type Config struct {
	Rules  Rules
	Ticks  tick // how much time passes
	Bids   int8 // how many claims are made, by both candidates together; at most 7
	Faults int8 // how often the server or a candidate comes to harm
	Repeat int8 // how many requests are executed a second time
	Flight int  // how many requests, and how many answers, are under way at most; at most 3

	// Isolation adds a second server: once, the first one and candidate A are cut off
	// from the rest, and the replica takes its place for candidate B. The old primary
	// goes on answering. There are no other faults then.
	Isolation bool
	Acks      bool // what is granted counts only if the replica has acknowledged it

	Orders int8 // how often somebody asks for a successor or a pause
	Ranked bool // A has a higher priority than B

	Only Promise // judge by this one alone; "" for all
}

func (c Config) String() string {
	return fmt.Sprintf("%d ticks, %d bids, %d faults, %d repeated, %d under way each way, %d orders, ranked: %t, isolation: %t, acknowledgements: %t",
		c.Ticks, c.Bids, c.Faults, c.Repeat, c.Flight, c.Orders, c.Ranked, c.Isolation, c.Acks)
}

// Small is explored by every run of the tests, in seconds. Large takes minutes.
var (
	Small   = Config{Ticks: 4, Bids: 2, Faults: 1, Repeat: 1, Flight: 2}
	Steered = Config{Ticks: 4, Bids: 2, Faults: 1, Flight: 1, Orders: 2, Ranked: true}
	Large   = []Config{
		{Ticks: 4, Bids: 3, Faults: 1, Flight: 1, Orders: 2, Ranked: true},
		{Ticks: 5, Bids: 3, Faults: 2, Flight: 2},
		{Ticks: 4, Bids: 3, Faults: 1, Flight: 2, Repeat: 1},
		{Ticks: 5, Bids: 3, Flight: 2, Isolation: true, Acks: true},
	}
)

// candidate is one of the two.
type candidate struct {
	seen     int8 // the highest term it has heard of
	claim    int8 // of its term, or of its bid
	term     int8 // that it leads in; 0 when it does not
	deadline tick
	waiting  operation // whose answer it waits for
	sent     tick      // when that was sent
	resumes  int8      // a claim it will bid with again (ResumeClaim)
}

// believes is IsLeader.
func (c candidate) believes(now tick) bool { return c.term != 0 && now < c.deadline }

// state is everything at one moment. It is comparable, and small.
type state struct {
	now        tick
	server     server
	copy       server // what a rollback goes back to; what the replica has, where there is one
	old        server // the isolated primary
	isolated   bool
	candidates [2]candidate
	requests   mail
	answers    mail

	claims, faults, repeats, runs, asked int8 // used up
	highest                              int8 // term granted so far
	repeated                             bool // a grant did not exceed it
	electedInPause                       bool
}

// initial is an election that nobody has taken part in yet, on a server that has
// been up for long. The first tick is 1, since its number is the first term's.
func (c Config) initial() state {
	s := state{now: 1, server: server{run: 1, born: longAgo}, runs: 1}
	s.server.ranked = c.Ranked
	return s
}

// serverOf is the server that a candidate's requests get to.
func (s *state) serverOf(who int8) *server {
	if s.cutOff(who) {
		return &s.old
	}
	return &s.server
}

func (s *state) cutOff(who int8) bool { return s.isolated && who == 0 }

// replace puts another server in the place of the present one.
func (s *state) replace(data server) {
	s.runs++
	ranked := s.server.ranked
	s.server = data
	s.server.run, s.server.born, s.server.ranked = s.runs, s.now, ranked
}

// awaited tells whether a candidate still waits for the answer to, or that is, m.
func (s *state) awaited(m message) bool {
	me := s.candidates[m.who]
	return me.waiting == m.op && me.claim == m.claim && me.sent == m.sent
}

// forget drops the answers that nobody waits for, and no longer tells apart when
// requests were sent that nobody waits for. A bid that was given up is another
// matter: that it was granted will make for a release.
func (s *state) forget() {
	for i, r := range s.requests {
		if r.sent > 0 && !s.awaited(r) {
			s.requests[i].sent = nobody
		}
	}
	for i, a := range s.answers {
		if a.sent > 0 && !s.awaited(a) {
			s.answers[i] = message{}
		}
	}
	s.requests.sort()
	s.answers.sort()
}
