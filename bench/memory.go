package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
)

// crowdSize is how many elections one process takes part in.
const crowdSize = 1000

// measureMemory: what an election costs in one process that takes part in a thousand,
// all of which it leads, and then in another that follows them.
func measureMemory(t *task) error {
	return t.crowds(crowdSize)
}

func (t *task) crowds(size int) error {
	return inScope(func(s *scope) error {
		st := t.peer.store(s)
		for _, become := range []string{crowdLeads, crowdFollows} {
			var history belief.History
			process, err := startRole(become, t.timing.settings(st.addr(), become), &history,
				roleCrowd, t.peer.name, strconv.Itoa(size), become)
			if err != nil {
				return err
			}
			s.Cleanup(process.Close)
			var report crowdReport
			if err := hear(process, &history, eventCrowd, crowdLimit+3*t.timing.ttl+patience, &report); err != nil {
				return err
			}
			t.note("memory."+become, report.Kilobytes)
			t.note("goroutines."+become, report.Goroutines)
			if connections, err := connectionsOf([]int{process.PID()}, st.addr()); err == nil && connections > 0 {
				t.note("connections.crowd."+become, float64(connections))
			}
			if report.Leading != size && become == crowdLeads || report.Leading != 0 && become == crowdFollows {
				return fmt.Errorf("of the crowd that %s, %d lead", become, report.Leading)
			}
		}
		return nil
	})
}

// hear waits for the report that a process tells.
func hear(process *contender.Process, history *belief.History, what string, limit time.Duration, report any) error {
	var text string
	err := await(process.Name+": "+what, limit, func() bool {
		for _, record := range history.Records(process.Name, belief.Event) {
			if record.What == what {
				text = record.Err
			}
		}
		return text != "" || hasExited(process)
	})
	if err != nil {
		return err
	}
	if text == "" {
		return fmt.Errorf("%s ended: %s", process.Name, process.Log())
	}
	return json.Unmarshal([]byte(text), report)
}
