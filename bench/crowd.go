package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
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

// crowdLimit is how long a crowd may take to lead all of its elections.
const crowdLimit = time.Minute

// crowdReport is what one election more costs, on average.
type crowdReport struct {
	Kilobytes, Goroutines float64
	Leading               int
}

// runCrowd takes part in many elections over one connection, as its peer would share
// it, and tells what that costs.
func runCrowd(name, count, become string, s contender.Settings) error {
	p, ok := peerNamed(name)
	n, err := strconv.Atoi(count)
	if !ok || err != nil {
		return fmt.Errorf("no such crowd: %s of %q", count, name)
	}
	connection, err := p.dial(s.URL, func() {})
	if err != nil {
		return err
	}
	before := usage()
	crowd := make([]candidate, n)
	for i := range crowd {
		each := s
		each.Key = fmt.Sprintf("%s-%d", s.Key, i)
		each.ID = fmt.Sprintf("%s-%d", s.ID, i)
		if crowd[i], err = connection.candidate(each, func() {}); err != nil {
			return err
		}
		go func() { _ = crowd[i].Run(context.Background()) }()
		time.Sleep(2 * time.Millisecond) // a crowd that comes all at once outlasts somebody's time-out
	}
	leading := func() (leading int) {
		for _, each := range crowd {
			if each.IsLeader() {
				leading++
			}
		}
		return leading
	}
	if become == crowdLeads {
		_ = await("all to lead", crowdLimit+2*s.TTL, func() bool { return leading() == n }) // the report tells how many
	}
	time.Sleep(s.TTL) // every one has renewed, or asked
	after := usage()
	report := crowdReport{
		Kilobytes:  (after.bytes - before.bytes) / 1024 / float64(n),
		Goroutines: (after.goroutines - before.goroutines) / float64(n),
		Leading:    leading(),
	}
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	belief.NewPrinter(os.Stdout).Print(belief.Record{Kind: belief.Event, What: eventCrowd, Err: string(text)})
	select {} // until the parent ends it
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
