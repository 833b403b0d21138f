//go:build linux || darwin

package belief

import (
	"testing"
	"time"
)

func TestSamplerAsksAndReadsTheClock(t *testing.T) {
	// Given a sampler that is asked four times, the last answer being false.
	history := new(History)
	sampler := NewSampler(Lead, func(record Record) { history.Add("p", record) })
	start := Now()
	for i := range 4 {
		sampler.Sample(func() (int64, bool) { return 3, i < 3 })
	}

	// Then it tells of one belief, within the time that has really passed.
	reigns := history.Reigns(Lead)
	if len(reigns) != 1 || reigns[0].Term != 3 {
		t.Fatalf("reigns: %v, want one of term 3", reigns)
	}
	if reigns[0].First < start || reigns[0].Last > Now() {
		t.Errorf("%v is not within the test's own time", reigns[0])
	}
}

func TestAtConvertsToTheSharedClock(t *testing.T) {
	before := Now()
	moment := At(time.Now())
	if after := Now(); moment < before-ms(1) || moment > after+ms(1) {
		t.Errorf("At(now) = %v, want between %v and %v", moment, before, after)
	}
}
