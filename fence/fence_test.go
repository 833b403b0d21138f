package fence_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
)

func TestTermIsTheOneOfTheWork(t *testing.T) {
	for _, term := range []int64{1, 1<<53 + 1, 1<<63 - 1} {
		got, err := fence.Term(leaderelection.ContextWithTerm(t.Context(), term))
		if got != term || err != nil {
			t.Errorf("%d %v, want %d", got, err, term)
		}
	}
}

func TestWithoutATermNobodyWrites(t *testing.T) {
	if _, err := fence.Term(t.Context()); !errors.Is(err, fence.ErrNoTerm) {
		t.Errorf("without: %v", err)
	}
	for _, term := range []int64{0, -1} { // 0 is what an Election answers that does not lead
		if _, err := fence.Term(leaderelection.ContextWithTerm(t.Context(), term)); !errors.Is(err, fence.ErrNoTerm) {
			t.Errorf("term %d: %v", term, err)
		}
	}
}

func TestStaleErrorSaysWhoWasRefusedByWhom(t *testing.T) {
	err := fmt.Errorf("send the invoices: %w", &fence.StaleError{Resource: "invoices", Term: 41, Highest: 42})
	if !errors.Is(err, fence.ErrStale) {
		t.Error("it is not ErrStale")
	}
	if errors.Is(err, fence.ErrNoTerm) {
		t.Error("it is ErrNoTerm as well")
	}
	for _, part := range []string{`"invoices"`, "41", "42"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not mention %s", err, part)
		}
	}
}
