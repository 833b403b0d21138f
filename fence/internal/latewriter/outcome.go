//go:build linux || darwin

package latewriter

import (
	"strconv"
	"testing"
)

// Outcome is what came of the two writes.
type Outcome struct {
	Late, Next Writer
}

// Writer is a leader that has tried to write its name.
type Writer struct {
	Name    string
	Term    int64
	Refused bool   // by a fence
	Err     string // why it was refused, or failed
}

// Decimal is the term as Redis has it.
func (w Writer) Decimal() string { return strconv.FormatInt(w.Term, 10) }

// ExpectRefused fails the test unless the fence took the next leader's write, and
// refused the late one.
func (o Outcome) ExpectRefused(t *testing.T) {
	t.Helper()
	if o.Next.Err != "" {
		t.Errorf("the write of term %d, the highest, failed: %s", o.Next.Term, o.Next.Err)
	}
	if !o.Late.Refused {
		t.Errorf("the late write of term %d was not refused, after one of %d (its error: %q)", o.Late.Term, o.Next.Term, o.Late.Err)
	}
	t.Logf("the late writer was told: %s", o.Late.Err)
}

// ExpectTaken fails the test unless both writes were taken.
func (o Outcome) ExpectTaken(t *testing.T) {
	t.Helper()
	if o.Next.Err != "" || o.Late.Err != "" {
		t.Errorf("next: %q; late: %q; want no errors", o.Next.Err, o.Late.Err)
	}
}
