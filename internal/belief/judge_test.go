package belief

import (
	"testing"
	"time"
)

// line is a record of a process.
type line struct {
	process string
	record  Record
}

func lead(process string, term int64, first, last int) line {
	return line{process, Record{Kind: Lead, Term: term, First: ms(first), Last: ms(last)}}
}

func work(process string, term int64, first, last int) line {
	return line{process, Record{Kind: Work, Term: term, First: ms(first), Last: ms(last)}}
}

func became(process string) line { return line{process, Record{Kind: Became, Leads: true}} }

func lost(process string) line { return line{process, Record{Kind: Lost}} }

func told(lines []line) *History {
	history := new(History)
	for _, l := range lines {
		history.Add(l.process, l.record)
	}
	return history
}

func TestJudgeFindsWhatWasPlanted(t *testing.T) {
	tests := map[string]struct {
		lines []line
		want  []Rule
	}{
		"nothing happened": {},
		"a good history": {lines: []line{
			lead("a", 1, 10, 20), lead("b", 2, 21, 30), lead("a", 3, 31, 40),
			work("a", 1, 11, 19), work("b", 2, 22, 29),
			became("a"), lost("a"), became("b"), lost("b"), became("a"),
		}},
		"printed out of order, as pipes deliver it": {lines: []line{
			lead("b", 2, 21, 30), lead("a", 1, 10, 20),
		}},
		"repeated as it grows": {lines: []line{
			lead("a", 1, 10, 11), lead("a", 1, 10, 15), lead("b", 2, 21, 30), lead("a", 1, 10, 20),
		}},
		"two leaders for a moment": {
			lines: []line{lead("a", 1, 10, 21), lead("b", 2, 20, 30)},
			want:  []Rule{OneLeader},
		},
		"two leaders at one instant": {
			lines: []line{lead("a", 1, 10, 20), lead("b", 2, 20, 30)},
			want:  []Rule{OneLeader},
		},
		"one within the other's reign": {
			lines: []line{lead("a", 1, 10, 90), lead("b", 2, 20, 30)},
			want:  []Rule{OneLeader},
		},
		"three at once are three pairs": {
			lines: []line{lead("a", 1, 10, 90), lead("b", 2, 20, 80), lead("c", 3, 30, 70)},
			want:  []Rule{OneLeader, OneLeader, OneLeader},
		},
		"not only neighbours are compared": {
			lines: []line{lead("a", 1, 10, 90), lead("b", 2, 95, 96), lead("c", 3, 97, 99), lead("d", 4, 98, 100)},
			want:  []Rule{OneLeader},
		},
		"the same term twice": {
			lines: []line{lead("a", 5, 10, 20), lead("b", 5, 21, 30)},
			want:  []Rule{TermsGrow},
		},
		"a term from an old snapshot": {
			lines: []line{lead("a", 5, 10, 20), lead("b", 6, 21, 30), lead("c", 5, 31, 40)},
			want:  []Rule{TermsGrow},
		},
		"denied, then believed again": {
			lines: []line{lead("a", 5, 10, 20), lead("a", 5, 22, 30)},
			want:  []Rule{TermsGrow},
		},
		"leading without a term": {
			lines: []line{lead("a", 0, 10, 20)},
			want:  []Rule{TermsGrow},
		},
		"an older program has no term": {lines: []line{
			lead("a", 5, 10, 20), lead("older", NoTerm, 21, 30), lead("a", 6, 31, 40),
		}},
		"an older program overlaps": {
			lines: []line{lead("a", 5, 10, 20), lead("older", NoTerm, 15, 30)},
			want:  []Rule{OneLeader},
		},
		"work outlives the term": {
			lines: []line{lead("a", 1, 10, 20), lead("b", 2, 21, 30), work("a", 1, 10, 25), work("b", 2, 22, 29)},
			want:  []Rule{OneWorker},
		},
		"become twice": {lines: []line{became("a"), became("a")}, want: []Rule{Alternate}},
		"lose first":   {lines: []line{lost("a")}, want: []Rule{Alternate}},
		"lose while leading": {
			lines: []line{became("a"), {"a", Record{Kind: Lost, Leads: true}}},
			want:  []Rule{LoseIsLate},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			violations := Judge(told(test.lines))
			if len(violations) != len(test.want) {
				t.Fatalf("%d violations, want %v: %v", len(violations), test.want, violations)
			}
			for i, violation := range violations {
				if violation.Rule != test.want[i] {
					t.Errorf("violation %d: %v, want %q", i, violation, test.want[i])
				}
			}
		})
	}
}

func TestJudgeMeasuresTheOverlap(t *testing.T) {
	violations := Judge(told([]line{lead("a", 1, 1000, 2500), lead("b", 2, 2000, 4000)}))
	if len(violations) != 1 || violations[0].At != ms(2000) || violations[0].For != ms(500) {
		t.Fatalf("%v, want one of 500ms at 2s", violations)
	}
	const text = "two processes led at once for 500ms: a in term 1, and b in term 2"
	if got := violations[0].String(); got != text {
		t.Errorf("%q, want %q", got, text)
	}
}

func TestHistoryAnswersWhoLed(t *testing.T) {
	history := told([]line{lead("a", 1, 10, 20), lead("b", 2, 31, 40)})
	tests := []struct {
		at   time.Duration
		want string
	}{
		{ms(5), "a"}, {ms(15), "a"}, {ms(20), "a"}, {ms(21), "b"}, {ms(40), "b"}, {ms(41), ""},
	}
	for _, test := range tests {
		reign, ok := history.Since(test.at)
		if reign.Process != test.want || ok != (test.want != "") {
			t.Errorf("since %v: %v %v, want %q", test.at, reign, ok, test.want)
		}
	}
	if latest, ok := history.Latest(); !ok || latest.Process != "b" {
		t.Errorf("latest: %v %v, want b", latest, ok)
	}
	if _, ok := new(History).Latest(); ok {
		t.Error("an empty history has a latest reign")
	}
}
