package model

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/miniserver"
	"example.com/leaderelection/internal/redistest"
)

// question is a request, in the state of the server in which it is executed.
type question struct {
	server  server
	now     tick
	request message
}

// questions collects those that an exploration meets, each once.
type questions struct {
	all []question
	met map[question]bool
}

func (c *questions) visit(s state) {
	for _, r := range s.requests {
		if r.op != none {
			c.add(question{server: *s.serverOf(r.who), now: s.now, request: r})
		}
	}
}

func (c *questions) add(q question) {
	q.request.sent = 0 // which the server doesn't know
	if q.server.wrote == q.server.run {
		q.server.wrote = here
	} else {
		q.server.wrote = elsewhere
	}
	q.server.run = here
	if !c.met[q] {
		c.met[q] = true
		c.all = append(c.all, q)
	}
}

// The servers that a question tells apart: the one that is asked, and others.
const (
	here int8 = iota
	elsewhere
)

// addGrid adds questions that the exploration may not meet: every value of a field
// with every value of the others.
func (c *questions) addGrid() {
	const now = 3
	servers := make([]server, 0, 500)
	for _, born := range []tick{longAgo, now - ttl - 1, now - ttl, now} {
		servers = append(servers, server{born: born})
	}
	records := make([]server, 1, 9)
	records[0].exists = true
	for _, term := range []int8{1 * perTick, now * perTick} {
		records = append(records, server{exists: true, term: term})
		for _, leaseEnd := range []tick{1, now, now + 1} {
			records = append(records, server{exists: true, term: term, claim: 1, leaseClaim: 1, leaseEnd: leaseEnd})
		}
	}
	for _, s := range records {
		for _, s.wrote = range []int8{here, elsewhere} {
			for _, s.seen = range []int8{0, 1*perTick + 1, now*perTick + 1} {
				for _, s.notBefore = range []tick{0, now, now + 1} {
					for _, s.spent = range []uint8{0, 1 << 1, 1 << 2} {
						s.born = longAgo
						servers = append(servers, s)
					}
				}
			}
		}
	}
	for _, s := range servers {
		for who := range int8(2) {
			for _, term := range []int8{0, 1 * perTick, 1*perTick + 2, now*perTick + 2} {
				r := message{op: bid, who: who, claim: 1 + who, term: term}
				c.add(question{s, now, r})
				r.op = release
				c.add(question{s, now, r})
				if r.op = renewal; term > 0 {
					c.add(question{s, now, r})
				}
			}
		}
	}
}

// sample is one in n of the questions, the same ones each time.
func sample(all []question, n uint32) []question {
	var some []question
	for _, q := range all {
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, q.server, q.now, q.request.op, q.request.claim, q.request.term)
		if h.Sum32()>>8%n == 0 {
			some = append(some, q)
		}
	}
	return some
}

// exploreSmall explores what every run of the tests explores, once for all of them.
var exploreSmall = sync.OnceValues(func() (Outcome, []question) {
	small := Small
	if raceEnabled { // see notUnderRace
		small.Repeat = 0
	}
	met := questions{met: map[question]bool{}}
	found := small.explore(small.identities(), nil, met.visit)
	met.addGrid()
	return found, met.all
})

// exploreSteered is the same for what people ask for.
var exploreSteered = sync.OnceValues(func() (Outcome, []question) {
	met := questions{met: map[question]bool{}}
	steered := Steered
	if raceEnabled { // see notUnderRace
		steered.Faults, steered.Orders = 0, 1
	}
	found := steered.explore(steered.identities(), nil, met.visit)
	return found, met.all
})

// What the scripts do in fake time is compared to the tick and the microsecond.
func TestScriptsAnswerAsTheModelDoes(t *testing.T) {
	_, all := exploreSmall()
	_, steered := exploreSteered()
	asked := slices.Concat(all, steered)
	switch {
	case raceEnabled:
		asked = slices.Concat(sample(all, 20), sample(steered, 20))
	case !*large:
		asked = slices.Concat(sample(all, 4), sample(steered, 4))
	}
	synctest.Test(t, func(t *testing.T) {
		server := miniserver.New()
		defer server.Close()
		client := redis.NewClient(&redis.Options{
			Dialer: func(context.Context, string, string) (net.Conn, error) { return server.Dial() },
		})
		defer func() { _ = client.Close() }()
		in := newInRedis(t, client, 10*time.Second, 0)
		defer in.listen()()
		for _, q := range asked {
			server.SetUptime(time.Duration(int(q.now)-int(q.server.born)) * in.tick)
			in.compare(q)
		}
	})
	t.Logf("%d of %d questions were answered alike", len(asked), len(all)+len(steered))
}

// A real server can't be told for how long it has been up: a first use long after its
// start is left out.
func TestScriptsAnswerAsTheModelDoesOnRealRedis(t *testing.T) {
	_, all := exploreSmall()
	_, steered := exploreSteered()
	in := newInRedis(t, redistest.Start(t).Client(t), 100*time.Second, 20*time.Second)
	defer in.listen()()
	asked := slices.Concat(sample(all, 20), sample(steered, 100))
	asked = slices.DeleteFunc(asked, func(q question) bool {
		return !q.server.exists && q.now-max(q.server.born, q.now-10) > ttl ||
			q.now < q.server.reservedUntil // which is a second there, and that of a busy machine
	})
	for _, q := range asked {
		in.compare(q)
	}
	t.Logf("%d of %d questions were answered alike", len(asked), len(all)+len(steered))
}
