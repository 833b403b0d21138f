package belief

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzHistory: whatever a process prints before it is killed, what can be read is
// collected in order, and Judge finds two leaders at once if there are any.
func FuzzHistory(f *testing.F) {
	f.Add(`{"kind":"lead","first":1,"last":5,"term":1}`, `{"kind":"lead","first":6,"last":9,"term":2}`)
	f.Add(`{"kind":"lead","first":1,"last":5,"term":1}`, `{"kind":"lead","first":5,"last":9,"term":2}`)
	f.Add(`{"kind":"lead","first":5,"last":1,"term":-1}`, `{"kind":"work","first":-9223372036854775808,"last":9223372036854775807}`)
	f.Add(`{"kind":"lead","first":-9223372036854775808,"last":9223372036854775807,"term":9223372036854775807}`, `{"kind":"lead","first":-9223372036854775807,"last":9223372036854775806,"term":-9223372036854775808}`)
	f.Add("{\"kind\":\"became\"}\n{\"kind\":\"became\",\"leads\":true}\n{\"kind\":\"lost\",\"leads\":true}\n{\"kind\":\"bye\",\"err\":\"x\"}", `{"kind":"lost"}`)
	f.Add(`{"kind":"lead","first":1,"last":2,"term":1}`+"\n"+`{"kind":"lead","first":1,"last":9,"term":1}`, `{"kind":"lead","first":3,"last":4,"term":2}`)
	f.Add(`{"kind":"event","at":1e3}`, `{"kind":`)
	f.Add("null\n[]\n\n7\n\"\"", `{"kind":"unheard of","elapsed":1}`)
	f.Fuzz(func(t *testing.T, one, two string) {
		history := &History{}
		count := map[string]int{}
		for process, printed := range map[string]string{"one": one, "two": two} {
			for line := range strings.SplitSeq(printed, "\n") {
				var record Record
				if json.Unmarshal([]byte(line), &record) != nil {
					continue // as contender does it
				}
				passedOn, err := json.Marshal(record)
				var again Record
				if err != nil || json.Unmarshal(passedOn, &again) != nil || again != record {
					t.Fatalf("%+v became %+v, %v", record, again, err)
				}
				history.Add(process, record)
				if record.Kind != Lead && record.Kind != Work {
					count[process]++
				}
			}
		}
		for process, want := range count {
			if got := history.Told(process, func(Record) bool { count[process]--; return false }); got || count[process] != 0 {
				t.Errorf("of %d records of %s, %d are missing", want, process, count[process])
			}
		}
		expectJudged(t, history)
	})
}

func expectJudged(t *testing.T, history *History) {
	t.Helper()
	violations := Judge(history)
	for _, v := range violations {
		if v.For < 0 || v.String() == "" {
			t.Errorf("%+v", v)
		}
	}
	for kind, rule := range map[Kind]Rule{Lead: OneLeader, Work: OneWorker} {
		reigns := history.Reigns(kind)
		for _, a := range reigns {
			for _, b := range reigns {
				both := min(a.Last, b.Last) >= max(a.First, b.First) && a.First <= a.Last && b.First <= b.Last
				if a.Process < b.Process && both && !found(violations, rule, max(a.First, b.First)) {
					t.Errorf("%+v and %+v overlap, and that was not found", a, b)
				}
			}
		}
	}
}

func found(violations []Violation, rule Rule, at time.Duration) bool {
	return slices.ContainsFunc(violations, func(v Violation) bool { return v.Rule == rule && v.At == at })
}
