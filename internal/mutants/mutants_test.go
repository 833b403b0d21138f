package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The code that a mutant changes changes, too. That a mutant can't be made any more
// shows here already, and not only when all of them are run.
func TestEveryMutantCanBeMade(t *testing.T) {
	named := map[string]bool{}
	for _, m := range mutants() {
		if named[m.name] {
			t.Errorf("two are named %q", m.name)
		}
		named[m.name] = true
		changed, err := m.changed("../..")
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		for file, text := range changed {
			if original, err := os.ReadFile(filepath.Join("../..", file)); err != nil || string(original) == text {
				t.Errorf("%s: %s is as it was (%v)", m.name, file, err)
			}
		}
	}
}

func TestFindingsNameThePromiseOrTheTest(t *testing.T) {
	for output, want := range map[string]string{
		"--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/b (0.00s)\n":                                   "TestA",
		"panic: test timed out after 1m0s\n\trunning tests:\n\t\tTestB/sub (1m0s)\n\ngoroutine 9:\n": "TestB: it hangs (1m0s)",
		"panic: concurrent map writes\n\ngoroutine 9:\n":                                             "it crashes: concurrent map writes",
		"PASS\ngoleak: Errors on successful test run: found unexpected goroutines":                   "goleak: Errors on successful test run: found unexpected goroutines",
	} {
		if said, _ := failure(output, time.Minute); said != want {
			t.Errorf("of %q it says %q, want %q", output, said, want)
		}
	}
	if said := violation("seed 1: 2 candidates\nfaults:\n   0     1.0s  crash\n\n[P1, one leader at 1.034s: [a b] lead P2, terms grow at 2.000s: ...]\n"); said != "P1, one leader" {
		t.Errorf("the promise broken is %q", said)
	}
}
