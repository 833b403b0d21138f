package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

func TestReportShowsEveryMetric(t *testing.T) {
	// Given a run that has measured everything, of two peers
	found := &results{Begun: time.Now(), Rounds: 2}
	for _, s := range sections {
		for _, c := range s.columns {
			if found.has(c.metric) {
				continue // another column shows it too
			}
			for _, timing := range s.timings {
				for i, peer := range []string{oursName, "redsync"} {
					found.add(c.metric, peer, timing.name, float64(1+2*i))
					found.add(c.metric, peer, timing.name, float64(1+4*i))
				}
			}
		}
	}
	for _, l := range limits {
		found.add("limit.cold", l.name, defaults.name, 2)
		found.add("limit.warm", l.name, defaults.name, 1)
	}
	found.Failures = []problem{{"crash", "etcd", "3s", "it | broke\nhere"}}

	// When it is written
	dir := t.TempDir()
	if err := found.write(dir); err != nil {
		t.Fatal(err)
	}

	// Then there is a table row for each, with the ratio to ours, and every plot that is
	// referred to.
	text, err := os.ReadFile(filepath.Join(dir, reportFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| redsync | 3.00 | 5.00 | 3.00–5.00 | 3.00 | 2 | 3.00–5.00 |",
		"| leaderelection | 1.00 | 1.00 | 1.00 | 1.00 | 2 | 1.00 |",
		"| round trip: PING | 2.00 | 2.00 | 2.00 | 1.00 | 1.00 |",
		"| crash | etcd | 3s | it / broke here |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, file := range plotted() {
		if info, err := os.Stat(filepath.Join(dir, pictures, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
		if !strings.Contains(string(text), pictures+"/"+file) {
			t.Errorf("%s is not shown", file)
		}
	}
}

func plotted() (files []string) {
	for _, p := range allPictures {
		files = append(files, p.file)
	}
	for _, g := range allGraphs {
		files = append(files, g.file)
	}
	return files
}

func TestQuantile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := quantile(hundred, q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	if got := median([]float64{7}); got != 7 {
		t.Errorf("of one value: %v", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234.5: "1234", 12.34: "12.3", 1.234: "1.23", 0.5: "0.50", 0.00123: "0.0012", -2: "-2.00"} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func TestOverlapCountsFromAMoment(t *testing.T) {
	// Given a that led from 1s to 5s, and b from 3s on
	history := new(belief.History)
	history.Add("a", belief.Record{Kind: belief.Lead, Term: belief.NoTerm, First: time.Second, Last: 5 * time.Second})
	history.Add("b", belief.Record{Kind: belief.Lead, Term: belief.NoTerm, First: 3 * time.Second, Last: 9 * time.Second})
	for since, want := range map[time.Duration]time.Duration{0: 2 * time.Second, 4 * time.Second: time.Second, 6 * time.Second: 0} {
		if got := overlap(history, since); got != want {
			t.Errorf("since %v: %v, want %v", since, got, want)
		}
	}
}

func TestEveryPictureHasItsColours(t *testing.T) {
	for _, p := range allPictures {
		if n := len(p.stripes()); n == 0 || n > len(colours) {
			t.Errorf("%s has %d stripes", p.file, n)
		}
		shown := func(s section) bool { return s.picture == p.file }
		if !slices.ContainsFunc(sections, shown) {
			t.Errorf("%s has no section", p.file)
		}
	}
}

func TestScopeCleansUpAfterAFailure(t *testing.T) {
	cleaned, dir := false, ""
	err := inScope(func(s *scope) error {
		s.Cleanup(func() { cleaned = true })
		dir = s.MemoryDir()
		s.Fatalf("it %s", "fails")
		return nil
	})
	if err == nil || err.Error() != "it fails" || !cleaned {
		t.Errorf("%v, cleaned up: %v", err, cleaned)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there", dir)
	}
}
