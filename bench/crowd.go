package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// What a crowd is to become.
const (
	crowdLeads   = "leads"
	crowdFollows = "follows"
)

// startPause is between the starts of candidates: a crowd that comes all at once
// outlasts somebody's time-out.
const startPause = 2 * time.Millisecond

// crowdLimit is how long a crowd may take to lead all of its elections.
const crowdLimit = time.Minute

// crowdReport is what one election more costs, on average.
type crowdReport struct {
	Kilobytes, Goroutines float64
	Leading               int
}

// crowd are candidates, each in an election of its own.
type crowd []candidate

func newCrowd(count string, s contender.Settings, stand func(contender.Settings) (candidate, error)) (crowd, error) {
	n, err := strconv.Atoi(count)
	if err != nil {
		return nil, fmt.Errorf("no such crowd: %w", err)
	}
	c := make(crowd, n)
	for i := range c {
		each := s
		each.Key = fmt.Sprintf("%s-%d", s.Key, i)
		each.ID = fmt.Sprintf("%s-%d", s.ID, i)
		if c[i], err = stand(each); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// start has all of them take part, with a pause after each.
func (c crowd) start(pause time.Duration) {
	for _, each := range c {
		go func() { _ = each.Run(context.Background()) }()
		time.Sleep(pause)
	}
}

// lead waits until all lead, and reports whether they do.
func (c crowd) lead(limit time.Duration) bool {
	follows := func(each candidate) bool { return !each.IsLeader() }
	return await("all to lead", limit, func() bool { return !slices.ContainsFunc(c, follows) }) == nil
}

func (c crowd) leading() (n int) {
	for _, each := range c {
		if each.IsLeader() {
			n++
		}
	}
	return n
}

// runCrowd takes part in many elections over one connection, as its peer would share
// it, and tells what that costs.
func runCrowd(name, count, become string, s contender.Settings) error {
	p, ok := peerNamed(name)
	if !ok {
		return fmt.Errorf("no such peer: %q", name)
	}
	connection, err := p.dial(s.URL, func() {})
	if err != nil {
		return err
	}
	before := usage()
	all, err := newCrowd(count, s, func(each contender.Settings) (candidate, error) { return connection.candidate(each, func() {}) })
	if err != nil {
		return err
	}
	all.start(startPause)
	if become == crowdLeads {
		all.lead(crowdLimit + 2*s.TTL) // the report tells how many
	}
	time.Sleep(s.TTL) // every one has renewed, or asked
	return tell(eventCrowd, all.report(before))
}

// report tells what the crowd costs that was not there before.
func (c crowd) report(before used) crowdReport {
	after := usage()
	return crowdReport{
		Kilobytes:  (after.bytes - before.bytes) / 1024 / float64(len(c)),
		Goroutines: (after.goroutines - before.goroutines) / float64(len(c)),
		Leading:    c.leading(),
	}
}

// tell prints a report, and waits for the parent to end this process.
func tell(what string, report any) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	belief.NewPrinter(os.Stdout).Print(belief.Record{Kind: belief.Event, What: what, Err: string(text)})
	select {}
}

type used struct{ bytes, goroutines float64 }

// usage is what is in use after the garbage is gone: heap and stacks.
func usage() used {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{float64(m.HeapAlloc + m.StackInuse), float64(runtime.NumGoroutine())}
}
