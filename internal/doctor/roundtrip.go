package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// How round trips are sampled: with pauses, as those of an election have.
const (
	sampledFor  = time.Second
	sampledMost = 300
	pause       = 3 * time.Millisecond
)

// reconnecting is how many round trips a renewal takes whose connection broke and whose
// script is gone, as after a restart: TCP, TLS, HELLO, its hash, its text, and one to spare.
const reconnecting = 6

// roundTrip samples calls and compares them with what a renewal may take: min(heartbeat,
// what is left of the lease), see callTimeout in lease.go.
//
// A heartbeat is at most (ttl-margin)/2. So from a sixth of it on, where the warning
// begins, a round trip is less than the margin, too.
func roundTrip(ctx context.Context, e *exam, r *Result) {
	call, what := e.sampleCall(ctx)
	if call == nil {
		r.warn("not known: neither the scripts nor PING are answered", "see the other checks")
		return
	}
	trips := sample(ctx, e.heartbeat(), call)
	if len(trips) == 0 {
		r.warn("not known: there was no time left to measure it", "see the other checks")
		return
	}
	judgeTrips(r, trips, what, e.heartbeat())
}

// sampleCall is a real question of the election where it is permitted, else a PING.
func (e *exam) sampleCall(ctx context.Context) (call func(context.Context) error, what string) {
	read := func(ctx context.Context) error { _, err := e.store.Read(ctx, e.candidate()); return err }
	if read(ctx) == nil {
		return read, "of the election's read script"
	}
	ping := func(ctx context.Context) error { return e.node.Ping(ctx).Err() }
	if ping(ctx) == nil {
		return ping, "of PING, since the election's script fails"
	}
	return nil, ""
}

// sample returns how long calls take, the shortest first. One that has no answer in the
// time of a renewal counts for so long as it was waited for.
func sample(ctx context.Context, limit time.Duration, call func(context.Context) error) []time.Duration {
	var trips []time.Duration
	for begun := time.Now(); len(trips) < sampledMost && time.Since(begun) < sampledFor && ctx.Err() == nil; time.Sleep(pause) {
		calling, cancel := context.WithTimeout(ctx, limit)
		sent := time.Now()
		_ = call(calling) // an error took its time as well
		cancel()
		trips = append(trips, time.Since(sent))
	}
	slices.Sort(trips)
	return trips
}

func judgeTrips(r *Result, trips []time.Duration, what string, heartbeat time.Duration) {
	p50, p99 := quantile(trips, 50), quantile(trips, 99)
	said := fmt.Sprintf("half within %v, 99 %% within %v, of %d calls %s", short(p50), short(p99), len(trips), what)
	switch {
	case p99 >= heartbeat:
		r.fail(fmt.Sprintf("%s; a renewal is given up after %v, before its answer comes", said, short(heartbeat)),
			fmt.Sprintf("lengthen --heartbeat to more than %v and --ttl to more than three times that, or use a Redis that is nearer", short(reconnecting*p99)))
	case p99 > heartbeat/reconnecting:
		r.warn(fmt.Sprintf("%s; a renewal has %v, and takes some %d round trips where the connection broke", said, short(heartbeat), reconnecting),
			fmt.Sprintf("lengthen --heartbeat to %v and --ttl to more than three times that, or use a Redis that is nearer", short(reconnecting*p99)))
	default:
		r.note("%s; a renewal has %v", said, short(heartbeat))
	}
}

// quantile of what is sorted: the smallest value that so many percent are not above.
func quantile(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

// short is a duration with three digits or so.
func short(d time.Duration) time.Duration {
	for unit := time.Second; unit >= time.Microsecond; unit /= 10 {
		if d >= 10*unit {
			return d.Round(unit / 10)
		}
	}
	return d.Round(100 * time.Nanosecond)
}
