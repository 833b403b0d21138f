// Package doctor looks at a Redis as an election sees it, and says what is in order and
// what isn't, why, and what to do about it.
//
// Nothing that it does disturbs the election. What has to be tried is tried on an
// election of its own, with names beside the real one's, that is removed again.
package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
)

// Status is what is said of one check.
type Status string

// OK is only said of what was seen to be so: what could not be found out is a WARN.
const (
	OK   Status = "OK"
	Warn Status = "WARN" // works; something may be lost, or wasn't found out
	Fail Status = "FAIL" // no election here, or one that may have two leaders
)

// Patient is what is examined.
type Patient struct {
	Client   redis.UniversalClient  // one that has not been used yet: what its connections are like is seen as they are made
	Sentinel *redis.FailoverOptions // of a client that asks Sentinel, so that Sentinel can be asked too; else nil
	Config   leaderelection.Config  // of the instances that are to take part
}

// Result is what one check has found.
type Result struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

// What the examination may take: a check, the first contact, all of it.
const (
	checkTime   = 2 * time.Second
	contactTime = 4 * time.Second
	wholeTime   = 10 * time.Second
)

// checks are what is examined, in the order in which it is told. The names are an
// interface.
var checks = []struct {
	name    string
	examine func(ctx context.Context, e *exam, r *Result)
}{
	{"server", server},
	{"topology", topology},
	{"tls", encryption},
	{"round-trip", roundTrip},
	{"clock", clock},
	{"eviction", eviction},
	{"persistence", persistence},
	{"replication", replication},
	{"scripts", scripts},
	{"info", infoInScripts},
	{"permissions", permissions},
	{"wake-ups", wakeUps},
	{"keys", keys},
	{"election", election},
}

// Examine examines. It says to progress what it turns to next. Where Redis can't be reached,
// that is the only result.
func Examine(ctx context.Context, p Patient, progress func(check string)) ([]Result, error) {
	if err := p.Config.Validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	e := newExam(p)

	progress("reachable")
	first := Result{Check: "reachable", Status: OK}
	if !e.within(ctx, contactTime, func(ctx context.Context) bool { return reachable(ctx, e, &first) }) {
		return []Result{first}, nil
	}
	e.within(ctx, checkTime, e.gather)
	results := []Result{first}
	for _, c := range checks {
		progress(c.name)
		r := Result{Check: c.name, Status: OK}
		e.within(ctx, checkTime, func(ctx context.Context) bool { c.examine(ctx, e, &r); return true })
		results = append(results, r)
	}
	return results, nil
}

// Worst is the status of them all.
func Worst(results []Result) Status {
	worst := OK
	for _, r := range results {
		worst = worse(worst, r.Status)
	}
	return worst
}

func worse(a, b Status) Status {
	for _, s := range []Status{Fail, Warn} {
		if a == s || b == s {
			return s
		}
	}
	return OK
}

// note adds something to what was found.
func (r *Result) note(format string, args ...any) {
	r.Found = joined(r.Found, fmt.Sprintf(format, args...))
}

func (r *Result) warn(found, remedy string) { r.add(Warn, found, remedy) }
func (r *Result) fail(found, remedy string) { r.add(Fail, found, remedy) }

func (r *Result) add(status Status, found, remedy string) {
	r.Status = worse(r.Status, status)
	r.Found, r.Remedy = joined(r.Found, found), joined(r.Remedy, remedy)
}

// unknown says that something could not be found out, and why.
func (r *Result) unknown(what string, err error, remedy string) {
	r.warn(fmt.Sprintf("%s is not known: %s", what, reason(err)), remedy)
}

func joined(before, more string) string {
	switch {
	case before == "":
		return more
	case strings.Contains(before, more): // two things may have one remedy
		return before
	default:
		return before + "; " + more
	}
}
