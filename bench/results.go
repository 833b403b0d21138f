package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// results are everything that a run has found. Adding to them is safe for concurrent use.
type results struct {
	mu sync.Mutex

	Begun    time.Time         `json:"begun"`
	Rounds   int               `json:"rounds"`
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Series   []*series         `json:"series"`
	Failures []problem         `json:"failures"`
}

// series are the values of one metric of one peer with one timing.
type series struct {
	Metric string    `json:"metric"`
	Peer   string    `json:"peer"`
	Timing string    `json:"timing"`
	Values []float64 `json:"values"`
}

// problem is why something has no figure, or fewer than it should.
type problem struct {
	Measure string `json:"measure"`
	Peer    string `json:"peer"`
	Timing  string `json:"timing"`
	Text    string `json:"text"`
}

func (r *results) fail(p problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Failures = append(r.Failures, p)
}

func (r *results) add(metric, peer, timing string, value float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.Series, func(s *series) bool { return s.Metric == metric && s.Peer == peer && s.Timing == timing })
	if i < 0 {
		i = len(r.Series)
		r.Series = append(r.Series, &series{Metric: metric, Peer: peer, Timing: timing})
	}
	r.Series[i].Values = append(r.Series[i].Values, value)
}

// values are sorted.
func (r *results) values(metric, peer, timing string) []float64 {
	for _, s := range r.Series {
		if s.Metric == metric && s.Peer == peer && s.Timing == timing {
			return slices.Sorted(slices.Values(s.Values))
		}
	}
	return nil
}

func (r *results) has(metric string) bool {
	return slices.ContainsFunc(r.Series, func(s *series) bool { return s.Metric == metric })
}

// quantile of sorted values, by the nearest rank: always a value that was measured.
func quantile(values []float64, q float64) float64 {
	rank := int(q*float64(len(values)) + 0.9999)
	return values[min(max(rank, 1), len(values))-1]
}

func median(values []float64) float64 { return quantile(values, 0.5) }

const (
	reportFile  = "performance.md"
	pictures    = "performance" // the directory of plots and of the raw results
	resultsFile = "results.json"
)

// write writes the report, the plots, and the results themselves.
func (r *results) write(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, pictures), 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, pictures, resultsFile), append(raw, '\n'), 0o644); err != nil {
		return err
	}
	if err := errors.Join(r.draw(filepath.Join(dir, pictures)), r.drawGraphs(filepath.Join(dir, pictures))); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reportFile), []byte(r.report()), 0o644)
}

// rewrite writes the report and the plots of results that are there.
func rewrite(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, pictures, resultsFile))
	if err != nil {
		return err
	}
	var found results
	if err := json.Unmarshal(raw, &found); err != nil {
		return err
	}
	return found.write(dir)
}
