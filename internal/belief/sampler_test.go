package belief

import (
	"slices"
	"testing"
)

// sample is one call of observe, in milliseconds; term 0 is a false answer.
type sample struct {
	before int
	term   int64
	after  int
}

// sampled feeds a Sampler and returns what its parent knows in the end.
func sampled(samples []sample) (*History, []Record) {
	history := new(History)
	sampler := NewSampler(Lead, func(record Record) { history.Add("p", record) })
	for _, s := range samples {
		sampler.observe(ms(s.before), s.term, s.term != 0, ms(s.after))
	}
	return history, history.Records("p", Gap)
}

func TestSamplerTellsWhatItsSamplesProve(t *testing.T) {
	tests := map[string]struct {
		samples []sample
		want    []Reign
	}{
		"never true": {
			samples: []sample{{1, 0, 2}, {3, 0, 4}},
		},
		"one true answer proves no duration": {
			samples: []sample{{1, 0, 2}, {3, 7, 4}, {5, 0, 6}},
		},
		"from after the first to before the last": {
			samples: []sample{{1, 7, 2}, {3, 7, 4}, {5, 7, 6}, {7, 0, 8}},
			want:    []Reign{{"p", 7, ms(2), ms(5)}},
		},
		"a denial within a term ends the belief": {
			samples: []sample{{1, 7, 2}, {3, 7, 4}, {5, 0, 6}, {7, 7, 8}, {9, 7, 10}, {11, 0, 12}},
			want:    []Reign{{"p", 7, ms(2), ms(3)}, {"p", 7, ms(8), ms(9)}},
		},
		"another term is another belief": {
			samples: []sample{{1, 7, 2}, {3, 7, 4}, {5, 8, 6}, {7, 8, 8}, {9, 0, 10}},
			want:    []Reign{{"p", 7, ms(2), ms(3)}, {"p", 8, ms(6), ms(7)}},
		},
		"paused before the first true answer: it says nothing of the time before": {
			samples: []sample{{1, 7, 5000}, {5001, 7, 5002}, {5003, 0, 5004}},
			want:    []Reign{{"p", 7, ms(5000), ms(5001)}},
		},
		"paused after the last true answer: it says nothing of the time after": {
			samples: []sample{{1, 7, 2}, {3, 7, 4}, {5, 7, 5000}, {5001, 0, 5002}},
			want:    []Reign{{"p", 7, ms(2), ms(5)}},
		},
		"killed in the middle: what was repeated is known": {
			samples: []sample{{1, 7, 2}, {3, 7, 4}, {15, 7, 16}, {17, 7, 18}},
			want:    []Reign{{"p", 7, ms(2), ms(15)}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			history, _ := sampled(test.samples)
			if got := history.Reigns(Lead); !slices.Equal(got, test.want) {
				t.Errorf("reigns: %v, want %v", got, test.want)
			}
		})
	}
}

func TestSamplerTellsTheFirstAnswerAfterAPause(t *testing.T) {
	tests := map[string]struct {
		samples []sample
		leads   bool
	}{
		"between samples, then false": {samples: []sample{{1, 7, 2}, {3000, 0, 3001}}},
		"between samples, then true":  {samples: []sample{{1, 7, 2}, {3000, 7, 3001}}, leads: true},
		"inside a sample: its own answer may be from before": {
			samples: []sample{{1, 7, 3000}, {3001, 0, 3002}},
		},
		"inside a sample, and true still": {
			samples: []sample{{1, 7, 3000}, {3001, 7, 3002}}, leads: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, gaps := sampled(test.samples)
			if len(gaps) != 1 {
				t.Fatalf("%d gaps, want one: %v", len(gaps), gaps)
			}
			if gaps[0].Leads != test.leads {
				t.Errorf("the first answer after the pause is %v, want %v", gaps[0].Leads, test.leads)
			}
			if length := gaps[0].Last - gaps[0].First; length < ms(2900) {
				t.Errorf("the gap is %v long, want about 3s", length)
			}
		})
	}
}
