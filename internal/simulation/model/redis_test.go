package model

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// inRedis puts the model's questions to the scripts: it turns a server of the model
// into keys, asks redisstore, and turns what it finds back.
type inRedis struct {
	t      *testing.T
	client *redis.Client
	store  *redisstore.Store
	name   string        // of the server, as the scripts write it
	tick   time.Duration // how long one is
	slack  time.Duration // how late a script may be executed; 0 where time stands still
	origin time.Time     // tick 0
}

const (
	lock, leaseKey, termKey        = "model", "{model}:lease", "{model}:term"
	historyKey, candidatesKey      = "{model}:history", "{model}:candidates"
	retention                      = 7 * 24 * time.Hour // see common.lua
	noTick                    tick = -99
	noTerm                    int8 = -99
)

func newInRedis(t *testing.T, client *redis.Client, tickLasts, slack time.Duration) *inRedis {
	t.Helper()
	info, err := client.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	replication := client.Info(t.Context(), "replication").Val()
	name := regexp.MustCompile(`run_id:(\w+)`).FindStringSubmatch(info)[1] + "/" +
		regexp.MustCompile(`master_replid:(\w+)`).FindStringSubmatch(replication)[1]
	return &inRedis{t: t, client: client, store: redisstore.New(client), name: name, tick: tickLasts, slack: slack}
}

func (in *inRedis) leaseLasts() time.Duration { return in.span(ttl) }

func (in *inRedis) span(ticks tick) time.Duration { return time.Duration(ticks) * in.tick }

// compare asks both, and has the test fail where they differ.
func (in *inRedis) compare(q question) {
	in.t.Helper()
	if in.slack > 0 {
		q.server.settle(q.now, true) // else what ends at this moment has not yet
	}
	in.load(q)
	reply, err := in.ask(q)
	if err != nil {
		in.t.Fatalf("%+v\n%v: %v", q.server, q.request, err)
	}
	after := in.read(q.now)
	after.ranked = q.server.ranked

	want, r := q.server, q.request
	var answer string
	switch r.op {
	case bid:
		v, term := Rules{}.acquire(&want, q.now, r.who, r.claim, r.term)
		answer = fmt.Sprint(verdictOf(v, want, q.now), " term ", term, " wait ", waitOf(v, want, q.now))
	case renewal:
		v, term := Rules{}.renew(&want, q.now, r.who, r.claim, r.term)
		answer = fmt.Sprint(verdictOf(v, want, q.now), " term ", term, " wait ", waitOf(v, want, q.now))
	default:
		Rules{}.release(&want, q.now, r.who, r.claim, r.term)
	}
	want.settle(q.now, true)
	after.settle(q.now, true)
	want.born, after.born = 0, 0
	if reply != answer || after != want {
		in.t.Errorf("at tick %d, %v\n of %+v\n model:   %s, leaving %+v\n scripts: %s, leaving %+v", q.now, r, q.server, answer, want, reply, after)
	}
}

func verdictOf(v verdict, after server, now tick) leaderelection.Verdict {
	switch {
	case v == granted:
		return leaderelection.Granted
	case v == lost:
		return leaderelection.Lost
	case now < after.leaseEnd:
		return leaderelection.Held
	case now < after.notBefore:
		return leaderelection.Quarantined
	case after.paused:
		return leaderelection.Paused
	default:
		return leaderelection.Reserved
	}
}

// waitOf is for how long a refusal says that it lasts.
func waitOf(v verdict, after server, now tick) tick {
	if v == refused {
		return max(after.leaseEnd, after.notBefore, now) - now
	}
	return 0
}

// load makes the keys be what the model's server has.
func (in *inRedis) load(q question) {
	in.t.Helper()
	ctx := in.t.Context()
	now, err := in.client.Time(ctx).Result()
	if err != nil {
		in.t.Fatal(err)
	}
	in.origin = now.Add(in.slack / 2).Add(-in.span(q.now)) // half of it for each side
	_, err = in.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Del(ctx, lock, leaseKey, termKey, historyKey, candidatesKey)
		s := q.server
		if orders := in.ordersOf(s, q.now); len(orders) > 0 {
			pipe.HSet(ctx, termKey, orders)
		}
		for who := range int8(2) {
			if s.present&(1<<who) != 0 {
				pipe.ZAdd(ctx, candidatesKey, redis.Z{Member: name(who), Score: float64(s.priorityOf(who))*band + float64(now.Add(time.Hour).UnixMilli())})
			}
		}
		if !s.exists {
			return nil
		}
		stands := q.now < s.leaseEnd
		left := in.span(s.leaseEnd - q.now)
		record := map[string]any{"run": in.name, "seen": in.term(s.seen), "not_before": "0", "quarantine": "0", "spent": spentText(s.spent)}
		if s.wrote == elsewhere {
			record["run"] = "feed/beef"
		}
		if s.notBefore > 0 {
			notBefore := in.origin.Add(in.span(s.notBefore) - in.slack/2) // no later than a quarantine that begins now ends
			record["not_before"], record["quarantine"] = notBefore.UnixMicro(), in.leaseLasts().Milliseconds()
		}
		lives := retention / 2
		if s.term > 0 {
			record["term"], record["claim"], record["holder"] = in.term(s.term), claimText(s.claim), name(s.holder)
			record["host"], record["since"], record["ttl"] = "host", in.term(s.term), in.leaseLasts().Milliseconds()
		}
		if s.claim != 0 {
			lives = retention - in.leaseLasts() + left
		}
		pipe.HSet(ctx, termKey, record)
		pipe.PExpire(ctx, termKey, lives)
		if stands {
			pipe.Set(ctx, leaseKey, fmt.Sprint(claimText(s.leaseClaim), " ", in.leaseLasts().Milliseconds()), left)
			pipe.Set(ctx, lock, name(s.holder), left)
		}
		return nil
	})
	if err != nil {
		in.t.Fatal(err)
	}
}

// ask puts the request to the store, and returns its answer in the model's words.
func (in *inRedis) ask(q question) (string, error) {
	r := q.request
	ctx, cancel := context.WithTimeout(in.t.Context(), time.Minute)
	defer cancel()
	candidate := leaderelection.Candidate{
		Key: lock, ID: name(r.who), Hostname: "host", TTL: in.leaseLasts(), Retry: in.tick, Priority: q.server.priorityOf(r.who),
	}
	tenure := leaderelection.Tenure{Candidate: candidate, Claim: claimText(r.claim), Term: in.term(r.term), Since: time.UnixMicro(in.term(r.term)), Reason: "test"}
	var state leaderelection.State
	var err error
	switch r.op {
	case bid:
		bid := leaderelection.Bid{Candidate: candidate, Claim: claimText(r.claim), SeenTerm: in.term(r.term)}
		if r.term > 0 {
			bid.SeenTTL = in.leaseLasts()
		}
		state, err = in.store.Acquire(ctx, bid)
	case renewal:
		state, err = in.store.Renew(ctx, tenure)
	default:
		return "", in.store.Release(ctx, tenure)
	}
	var wait tick
	if state.Verdict == leaderelection.Held || state.Verdict == leaderelection.Quarantined {
		wait = in.ticks(state.Remaining)
	}
	return fmt.Sprint(state.Verdict, " term ", in.termOf(state.Term), " wait ", wait), err
}

// read returns what the keys are now as the model's server.
func (in *inRedis) read(now tick) server {
	in.t.Helper()
	ctx := in.t.Context()
	pipe := in.client.Pipeline()
	record, lives := pipe.HGetAll(ctx, termKey), pipe.PTTL(ctx, termKey)
	lease, leaseLeft := pipe.Get(ctx, leaseKey), pipe.PTTL(ctx, leaseKey)
	holder, holderLeft := pipe.Get(ctx, lock), pipe.PTTL(ctx, lock)
	present := pipe.ZRange(ctx, candidatesKey, 0, -1)
	_, _ = pipe.Exec(ctx) // some keys may be missing

	fields := record.Val()
	s := server{exists: fields["run"] != "", orders: in.ordersIn(fields, present.Val(), now)}
	if !s.exists {
		return s
	}
	s.term, s.seen = in.termOf(number(fields["term"])), in.termOf(number(fields["seen"]))
	s.claim, s.spent = claimOf(fields["claim"]), spentOf(fields["spent"])
	s.holder = int8(strings.Index("AB", fields["holder"]))
	if fields["run"] != in.name {
		s.wrote = elsewhere
	}
	if notBefore := number(fields["not_before"]); notBefore > 0 {
		s.notBefore = in.ticks(time.UnixMicro(notBefore).Sub(in.origin))
	}
	claim, _, _ := strings.Cut(lease.Val(), " ")
	s.leaseClaim = claimOf(claim)
	if s.claim != 0 {
		s.leaseEnd = max(0, now+in.ticks(lives.Val()-retention+in.leaseLasts()))
	}
	// The lease has three witnesses, which have to agree.
	for _, left := range []time.Duration{leaseLeft.Val(), holderLeft.Val()} {
		ends := now + in.ticks(max(left, 0))
		if left > 0 && ends != s.leaseEnd || left <= 0 && s.leaseEnd > now {
			in.t.Errorf("the record says that the lease ends at tick %d, %v left of a key", s.leaseEnd, left)
		}
	}
	if holder.Val() != "" && holder.Val() != fields["holder"] {
		in.t.Errorf("the lock is %s's, and the record %s's", holder.Val(), fields["holder"])
	}
	return s
}

// term is a term of the model's as the scripts would number it: the microsecond of
// its tick, and what was added.
func (in *inRedis) term(term int8) int64 {
	if term == 0 {
		return 0
	}
	return in.origin.Add(in.span(term/perTick)).UnixMicro() + int64(term%perTick)
}

// termOf is the opposite of term.
func (in *inRedis) termOf(term int64) int8 {
	if term == 0 {
		return 0
	}
	since := time.UnixMicro(term).Sub(in.origin)
	if rest := since % in.tick; rest < perTick*time.Microsecond {
		return int8(since/in.tick)*perTick + int8(rest/time.Microsecond)
	}
	at := in.ticks(since) // a little off, being that of the server's clock
	if at == noTick {
		return noTerm
	}
	return at * perTick
}

// ticks is d in ticks, give or take the slack.
func (in *inRedis) ticks(d time.Duration) tick {
	nearest := d.Round(in.tick)
	if off := (d - nearest).Abs(); off > in.slack {
		return noTick
	}
	return tick(nearest / in.tick)
}

func claimText(claim int8) string {
	if claim == 0 {
		return ""
	}
	return "claim" + strconv.Itoa(int(claim))
}

func claimOf(text string) int8 { return int8(number(strings.TrimPrefix(text, "claim"))) }

func spentText(claims uint8) string {
	var b strings.Builder
	for claim := int8(1); claim < 8; claim++ {
		if claims&(1<<claim) != 0 {
			b.WriteString(claimText(claim) + " ")
		}
	}
	return b.String()
}

func spentOf(text string) (claims uint8) {
	for _, claim := range strings.Fields(text) {
		claims |= 1 << claimOf(claim)
	}
	return claims
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // "" is 0
	return n
}
