package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// watchedHeartbeats is how many of each election are watched.
const watchedHeartbeats = 3

func (t timing) watching() time.Duration { return watchedHeartbeats * t.heartbeat }

// heartbeatReport is what a process tells of all its elections and their heartbeats.
type heartbeatReport struct {
	crowdReport
	Seconds float64   // from the first start until all led
	Late    []float64 // in ms: a thousand quantiles stand for all of them
	Busiest float64   // how many were sent in the busiest tenth of a second, by the mean
	Failed  map[string]int
}

// eventsDropped counts, beside the events that say that something failed, those that
// were not told.
const eventsDropped = "dropped"

// heartbeats are the renewals of many elections.
type heartbeats struct {
	interval time.Duration

	mu     sync.Mutex
	since  time.Time // zero: nobody watches yet
	sent   []time.Time
	late   []time.Duration
	failed map[string]int // by the name of the event, from the beginning
}

// runWatched leads so many elections, ours, over one client, and tells what they cost
// and how late their heartbeats are. What observes each of them is a part of the cost.
func runWatched(count string, s contender.Settings) error {
	connection, err := oursPeer.dial(s.URL, func() {})
	if err != nil {
		return err
	}
	before := usage()
	h := &heartbeats{interval: s.Heartbeat, failed: map[string]int{}}
	all, err := newCrowd(count, s, func(each contender.Settings) (candidate, error) {
		return connection.(oursConnection).observed(each, func() {}, h.ofOne())
	})
	if err != nil {
		return err
	}
	begun := time.Now()
	all.start(0)
	limit := crowdLimit + 2*s.TTL
	if !all.lead(limit) {
		return fmt.Errorf("after %v, %d of %s elections are led; failed: %v", limit, all.leading(), count, h.report().Failed)
	}
	led := time.Since(begun)
	time.Sleep(s.Heartbeat) // all have renewed, and what came of the start has passed
	cost := all.report(before)

	h.watch()
	belief.NewPrinter(os.Stdout).Print(belief.Record{Kind: belief.Event, What: eventWatching})
	time.Sleep(timing{heartbeat: s.Heartbeat}.watching())
	report := h.report()
	report.crowdReport, report.Seconds = cost, led.Seconds()
	return tell(eventWatched, report)
}

// ofOne observes one election. A renewal is late by how much later it was sent than
// an interval after the one before: whatever kept it, a failed one in between included.
func (h *heartbeats) ofOne() leaderelection.Observer {
	var last time.Time // an observer is called from one goroutine at a time
	return leaderelection.ObserverFunc(func(event leaderelection.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.failed[eventsDropped] += event.Dropped
		switch event.Kind {
		case leaderelection.Renewed:
			sent := event.Time.Add(-event.Elapsed)
			if !last.IsZero() && !h.since.IsZero() && sent.After(h.since) {
				h.sent = append(h.sent, sent)
				h.late = append(h.late, max(0, sent.Sub(last)-h.interval))
			}
			last = sent
		case leaderelection.TermEnded:
			last = time.Time{}
			h.failed[event.Kind.String()]++
		case leaderelection.AttemptFailed, leaderelection.RenewalFailed, leaderelection.AnnounceFailed:
			h.failed[event.Kind.String()]++
		}
	})
}

func (h *heartbeats) watch() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = time.Now()
}

func (h *heartbeats) report() heartbeatReport {
	h.mu.Lock()
	defer h.mu.Unlock()
	const tenth = 100 * time.Millisecond
	mean := float64(len(h.sent)) * tenth.Seconds() / time.Since(h.since).Seconds()
	return heartbeatReport{
		Late:    thousand(h.late),
		Busiest: float64(busiest(h.sent, tenth)) / mean,
		Failed:  maps.Clone(h.failed), // it goes on to change
	}
}

// thousand returns a thousand quantiles in ms, the last of which is the highest value.
func thousand(spans []time.Duration) []float64 {
	if len(spans) == 0 {
		return nil
	}
	values := make([]float64, len(spans))
	for i, span := range spans {
		values[i] = math.Round(milliseconds(span)*1000) / 1000
	}
	slices.Sort(values)
	quantiles := make([]float64, 1000)
	for i := range quantiles {
		quantiles[i] = quantile(values, float64(i+1)/1000)
	}
	return quantiles
}

// busiest is the most moments that lie within such a span of time.
func busiest(moments []time.Time, span time.Duration) (most int) {
	slices.SortFunc(moments, time.Time.Compare)
	first := 0
	for i, moment := range moments {
		for moment.Sub(moments[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
