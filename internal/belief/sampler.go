package belief

import "time"

const (
	// repeatEvery is how much of a belief kill -9 can hide from the parent.
	repeatEvery = 10 * time.Millisecond
	// gapAfter is how long without a sample is worth telling: far more than a
	// busy scheduler takes, far less than any LockTTL.
	gapAfter = 100 * time.Millisecond
)

// Sampler turns samples of one question ("do I lead?", "may I work?") into
// records. It is not safe for concurrent use.
type Sampler struct {
	kind Kind
	emit func(Record)

	run     Record        // the current belief; Kind is "" while there is none
	printed time.Duration // run.Last as the parent knows it; 0 while it knows nothing
	after   time.Duration // of the last sample
	paused  *Record       // a gap in the middle of the last sample: its answer may be from before the pause
}

// NewSampler returns a Sampler for records of that kind (Lead or Work).
func NewSampler(kind Kind, emit func(Record)) *Sampler {
	return &Sampler{kind: kind, emit: emit}
}

// observe is where the package's promise is kept. The process may have been
// paused anywhere between before and after, so a true answer proves only that
// the belief had begun by after, and, the term having been read before the
// answer, that it still lasted at before.
func (s *Sampler) observe(before time.Duration, term int64, yes bool, after time.Duration) {
	s.noteGap(before, yes, after)
	s.after = after

	if s.run.Kind != "" && (!yes || term != s.run.Term) {
		s.End()
	}
	switch {
	case !yes:
	case s.run.Kind == "":
		s.run = Record{Kind: s.kind, Term: term, First: after}
	default:
		s.run.Last = before
		if before-s.printed >= repeatEvery {
			s.print()
		}
	}
}

// End closes the current belief: nothing was asked after the last sample.
func (s *Sampler) End() {
	s.print()
	s.run, s.printed = Record{}, 0
}

func (s *Sampler) print() {
	if s.run.Last <= s.run.First || s.run.Last == s.printed {
		return // a single sample proves no duration
	}
	s.run.At, s.printed = s.after, s.run.Last
	s.emit(s.run)
}

func (s *Sampler) noteGap(before time.Duration, yes bool, after time.Duration) {
	if s.paused != nil {
		s.paused.At, s.paused.Leads = after, yes
		s.emit(*s.paused)
		s.paused = nil
	} else if s.after != 0 && before-s.after > gapAfter {
		s.emit(Record{Kind: Gap, At: after, First: s.after, Last: before, Leads: yes})
	}
	if after-before > gapAfter {
		s.paused = &Record{Kind: Gap, First: before, Last: after}
	}
}
