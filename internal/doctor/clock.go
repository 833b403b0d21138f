package doctor

import (
	"context"
	"fmt"
	"time"
)

// clock compares the rates of Redis's clock and this machine's. Moments are compared by
// nobody: a lease lasts so long by the one clock, and is believed in for so long, less the
// margin, by the other.
func clock(ctx context.Context, e *exam, r *Result) {
	select { // the check before this one has taken most of that
	case <-time.After(time.Until(e.clock.after.Add(sampledFor))):
	case <-ctx.Done():
	}
	last, err := e.readClock(ctx)
	if err == nil {
		err = e.clockErr
	}
	if err != nil {
		r.unknown("at which rate it runs", err, fmt.Sprintf("let the user run TIME: ACL SETUSER %s +time", e.user()))
		return
	}
	slowest, fastest := rates(e.clock, last)
	judgeRate(r, slowest, fastest, e.Config.LockTTL, e.margin())
	r.note("it is %s this machine's, which nothing depends on", ahead(last))
}

// reading is what Redis's clock showed at some moment between two of this machine's
// monotonic clock.
type reading struct {
	before, after time.Time
	shown         time.Time
}

// readClock returns the narrowest of some readings.
func (e *exam) readClock(ctx context.Context) (best reading, err error) {
	for range 5 {
		before := time.Now()
		shown, err := e.node.Time(ctx).Result()
		one := reading{before, time.Now(), shown}
		if err != nil {
			return best, err
		}
		if best.shown.IsZero() || one.width() < best.width() {
			best = one
		}
	}
	return best, nil
}

func (r reading) width() time.Duration { return r.after.Sub(r.before) }

// rates are between which Redis's clock ran, in its seconds per second here.
func rates(first, last reading) (slowest, fastest float64) {
	passed := last.shown.Sub(first.shown).Seconds()
	slowest = passed / last.after.Sub(first.before).Seconds()
	fastest = passed / last.before.Sub(first.after).Seconds()
	return slowest, fastest
}

// suspicious is a difference that no clock has which is left alone.
const suspicious = 0.01

// judgeRate: a lease of Redis's ends ttl/rate after it began, and its leader believes in
// it for ttl-margin. So a rate of ttl/(ttl-margin) uses the margin up.
func judgeRate(r *Result, slowest, fastest float64, ttl, margin time.Duration) {
	limit := ttl.Seconds() / (ttl - margin).Seconds()
	const remedy = "have the clocks of both machines slewed by NTP, not stepped"
	switch {
	case slowest > limit:
		r.fail(fmt.Sprintf("Redis's clock runs %s than this machine's, and the margin is %v of %v: leases end before their leaders stop", differs(slowest), margin, ttl), remedy)
	case fastest > limit:
		r.warn(fmt.Sprintf("the rates agree within %s, which is not near enough for the margin of %v of %v; the round trips are too long to tell more", percent(fastest-1), margin, ttl), "use a Redis that is nearer, or longer leases")
	case slowest > 1+suspicious, fastest < 1-suspicious:
		r.warn(fmt.Sprintf("Redis's clock runs %s than this machine's: the margin of %v of %v bears that, but one of the two was set or is being stretched", differs((slowest+fastest)/2), margin, ttl), remedy)
	default:
		r.note("the rates agree within %s; the margin of %v of %v bears %s", percent(max(fastest-1, 1-slowest)), margin, ttl, percent(limit-1))
	}
}

func differs(rate float64) string {
	if rate < 1 {
		return percent(1-rate) + " slower"
	}
	return percent(rate-1) + " faster"
}

func percent(part float64) string {
	if part >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*part)
	}
	return fmt.Sprintf("%.2g %%", 100*part)
}

// ahead says how far Redis's clock is, by this machine's wall clock.
func ahead(r reading) string {
	here := r.before.Add(r.width() / 2).Round(0) // Round(0) leaves the wall clock's time alone
	if off := r.shown.Sub(here); off > 0 {
		return short(off).String() + " ahead of"
	}
	return short(here.Sub(r.shown)).String() + " behind"
}
