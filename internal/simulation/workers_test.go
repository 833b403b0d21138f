package simulation_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// simulateAll shares the seeds out among processes, one for each processor: each
// on one processor of its own is faster, and replays better, than one on all.
func simulateAll(t *testing.T) {
	c := &campaign{began: time.Now(), faults: map[string]int{}}
	var running sync.WaitGroup
	n := min(uint64(runtime.NumCPU()), *seeds)
	workers := make([]*exec.Cmd, 0, n)
	for i := range n {
		worker := exec.Command(os.Args[0], "-test.run=^TestSimulate$", "-test.timeout=0",
			"-from", strconv.FormatUint(*from+i, 10), "-seeds", strconv.FormatUint(*seeds-i, 10), "-step", strconv.FormatUint(n, 10))
		worker.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=1600")
		workers = append(workers, worker)
		running.Go(func() { c.follow(worker) })
	}
	done := make(chan struct{})
	go func() {
		running.Wait()
		close(done)
	}()
	every := time.NewTicker(5 * time.Second)
	defer every.Stop()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		case <-every.C:
		}
		fmt.Println(c.progress())
		if c.failed() != "" {
			for _, worker := range workers {
				if worker.Process != nil {
					_ = worker.Process.Kill()
				}
			}
			<-done
			over = true
		}
	}
	fmt.Print(c.summary())
	if failure := c.failed(); failure != "" {
		t.Error(failure)
	}
}

// campaign is what all workers have done so far.
type campaign struct {
	began time.Time

	mu       sync.Mutex
	done     int
	terms    int
	requests int
	length   time.Duration
	faults   map[string]int
	failure  string
}

// follow starts a worker, and adds up what it reports.
func (c *campaign) follow(worker *exec.Cmd) {
	output, err := worker.StdoutPipe()
	if err != nil {
		c.fail(err.Error())
		return
	}
	var complaints bytes.Buffer
	worker.Stderr = &complaints
	if err := worker.Start(); err != nil {
		c.fail(err.Error())
		return
	}
	var last report
	var rest bytes.Buffer
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			rest.Write(lines.Bytes())
			rest.WriteByte('\n')
			continue
		}
		last = r
		if !r.Begins {
			c.add(r)
		}
	}
	if err := worker.Wait(); err != nil && c.failed() == "" {
		c.fail(fmt.Sprintf("a worker ended with %v at seed %d; again: make simulate SEED=%d\n%s%s", err, last.Seed, last.Seed, rest.String(), complaints.String()))
	}
}

func (c *campaign) add(r report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.terms += r.Terms
	c.requests += r.Requests
	c.length += r.Length
	for kind, n := range r.Faults {
		c.faults[kind] += n
	}
	if r.Failure != "" && c.failure == "" {
		c.failure = fmt.Sprintf("again: make simulate SEED=%d\n%s", r.Seed, r.Failure)
	}
}

func (c *campaign) fail(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == "" {
		c.failure = why
	}
}

func (c *campaign) failed() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

func (c *campaign) progress() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	took := time.Since(c.began)
	faults := 0
	for _, n := range c.faults {
		faults += n
	}
	return fmt.Sprintf("%8d of %d seeds, %.0f a second; %d faults, %d terms, %d requests; %s simulated in %s",
		c.done, *seeds, float64(c.done)/took.Seconds(), faults, c.terms, c.requests, c.length.Round(time.Minute), took.Round(time.Second))
}

func (c *campaign) summary() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b bytes.Buffer
	fmt.Fprintln(&b, "\nfaults by kind:")
	for _, kind := range slices.Sorted(maps.Keys(c.faults)) {
		fmt.Fprintf(&b, "%10d  %s\n", c.faults[kind], kind)
	}
	return b.String()
}
