package main

import (
	"encoding/json"
	"errors"
	"strconv"

	"example.com/leaderelection/internal/belief"
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
			var text string
			err = await("a crowd that "+become, crowdLimit+3*t.timing.ttl+patience, func() bool {
				for _, record := range history.Records(become, belief.Event) {
					if record.What == eventCrowd {
						text = record.Err
					}
				}
				return text != "" || hasExited(process)
			})
			if err != nil {
				return err
			}
			var report crowdReport
			if text == "" {
				return errors.New("the crowd ended: " + process.Log())
			}
			if err := json.Unmarshal([]byte(text), &report); err != nil {
				return err
			}
			t.note("memory."+become, report.Kilobytes)
			t.note("goroutines."+become, report.Goroutines)
			if connections, err := connectionsOf([]int{process.PID()}, st.addr()); err == nil && connections > 0 {
				t.note("connections.crowd."+become, float64(connections))
			}
			if report.Leading != size && become == crowdLeads || report.Leading != 0 && become == crowdFollows {
				return errors.New("of the crowd that " + become + ", " + strconv.Itoa(report.Leading) + " lead")
			}
		}
		return nil
	})
}
