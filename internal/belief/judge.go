package belief

import (
	"fmt"
	"time"
)

// Rule is something that must hold in every history.
type Rule string

// The rules.
const (
	OneLeader  Rule = "two processes led at once"
	OneWorker  Rule = "the work of two processes ran at once"
	TermsGrow  Rule = "a term is not greater than the one before"
	Alternate  Rule = "become and lose callbacks do not alternate"
	LoseIsLate Rule = "a lose callback found IsLeader true"
)

// Violation is a place where a history breaks a rule.
type Violation struct {
	Rule    Rule
	At      time.Duration // when it began, by Now's clock
	For     time.Duration // how long it lasted; 0 for what has no duration
	Details string
}

func (v Violation) String() string {
	if v.For == 0 {
		return fmt.Sprintf("%s: %s", v.Rule, v.Details)
	}
	return fmt.Sprintf("%s for %v: %s", v.Rule, v.For, v.Details)
}

// Judge returns every violation in the history, none for a good one.
func Judge(history *History) []Violation {
	reigns := history.Reigns(Lead)
	violations := overlaps(OneLeader, reigns)
	violations = append(violations, overlaps(OneWorker, history.Reigns(Work))...)
	violations = append(violations, growth(reigns)...)
	for _, process := range history.Processes() {
		violations = append(violations, callbacks(process, history.Records(process, Became, Lost))...)
	}
	return violations
}

// overlaps wants the reigns in the order of their beginning.
func overlaps(rule Rule, reigns []Reign) []Violation {
	var found []Violation
	for i, earlier := range reigns {
		for _, later := range reigns[i+1:] {
			if later.First > earlier.Last {
				break
			}
			if later.Process == earlier.Process {
				continue // growth looks at these
			}
			until := min(earlier.Last, later.Last)
			found = append(found, Violation{
				Rule: rule, At: later.First, For: max(until-later.First, 1),
				Details: fmt.Sprintf("%s in term %d, and %s in term %d",
					earlier.Process, earlier.Term, later.Process, later.Term),
			})
		}
	}
	return found
}

// growth also finds a process that believes, denies and believes again within
// one term: a sampled belief ends only when it was denied or its term changed.
func growth(reigns []Reign) []Violation {
	var found []Violation
	var highest Reign
	for _, reign := range reigns {
		switch {
		case reign.Term == NoTerm:
		case reign.Term > highest.Term:
			highest = reign
		default:
			found = append(found, Violation{
				Rule: TermsGrow, At: reign.First,
				Details: fmt.Sprintf("%s in term %d after %s in term %d",
					reign.Process, reign.Term, highest.Process, highest.Term),
			})
		}
	}
	return found
}

func callbacks(process string, records []Record) []Violation {
	var found []Violation
	expected := Became
	for _, record := range records {
		if record.Kind != expected {
			found = append(found, Violation{
				Rule: Alternate, At: record.At,
				Details: fmt.Sprintf("%s: %q where %q was due", process, record.Kind, expected),
			})
		}
		if record.Kind == Lost && record.Leads {
			found = append(found, Violation{Rule: LoseIsLate, At: record.At, Details: process})
		}
		expected = Became
		if record.Kind == Became {
			expected = Lost
		}
	}
	return found
}
