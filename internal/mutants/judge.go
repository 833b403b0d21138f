package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// finding is who noticed a mutant, and what it said.
type finding struct{ by, said string }

// firstSeeds are simulated before the tests are asked, the others after.
const firstSeeds = 300

// limitOfMutant bounds what is done with one mutant.
const limitOfMutant = 10 * time.Minute

// judge puts mutants to the simulation and the tests.
type judge struct {
	root, scratch string
	seeds         uint64
	original      *variant
	suites        []suite                  // that the library as it is has passed
	limits        map[string]time.Duration // of suites, by package
	tried         int
}

// newJudge makes sure that the library as it is passes what the mutants are put to.
func newJudge(ctx context.Context, root, scratch string, mutants []mutant, seeds uint64) (*judge, error) {
	original, err := newVariant(root, filepath.Join(scratch, "original"), nil)
	if err != nil {
		return nil, err
	}
	j := &judge{root: root, scratch: scratch, seeds: seeds, original: original, limits: map[string]time.Duration{}}
	progress("the library as it is, which must pass: %d seeds", seeds)
	f, _, err := original.simulate(ctx, 0, seeds)
	if err := innocent(f, err); err != nil {
		return nil, err
	}
	if err := j.checkPatterns(ctx, mutants); err != nil {
		return nil, err
	}
	for _, s := range together(mutants) {
		began := time.Now()
		progress("the library as it is: %v -run '%s'", s, s.pattern)
		f, _, err := original.test(ctx, s, limitOfMutant)
		if err := innocent(f, err); err != nil {
			return nil, err
		}
		j.suites = append(j.suites, s)
		j.limits[s.pkg] = (30*time.Second + 2*time.Since(began)).Round(time.Second)
	}
	return j, ctx.Err()
}

// checkPatterns makes sure that there are tests by the names that mutants give.
func (j *judge) checkPatterns(ctx context.Context, mutants []mutant) error {
	for _, m := range mutants {
		for _, s := range m.tests {
			names, err := j.original.list(ctx, s)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return fmt.Errorf("%s: %v has no test that matches %q", m.name, s, s.pattern)
			}
		}
	}
	return nil
}

// innocent is an error if anything was found.
func innocent(f finding, err error) error {
	if err == nil && f.by != "" {
		err = fmt.Errorf("the library as it is fails: %s: %s", f.by, f.said)
	}
	return err
}

// together returns all tests that the mutants name, one suite for each package.
func together(mutants []mutant) []suite {
	patterns := map[string][]string{}
	for _, m := range mutants {
		for _, s := range m.tests {
			if !slices.Contains(patterns[s.pkg], s.pattern) {
				patterns[s.pkg] = append(patterns[s.pkg], s.pattern)
			}
		}
	}
	all := make([]suite, 0, len(patterns))
	for _, pkg := range slices.Sorted(maps.Keys(patterns)) {
		all = append(all, suite{pkg, strings.Join(patterns[pkg], "|")})
	}
	return all
}

// asked is what the library as it is has passed.
func (j *judge) asked() string {
	asked := fmt.Sprintf("%d seeds", j.seeds)
	for _, s := range j.suites {
		asked += ", " + s.String()
	}
	return asked
}

// try makes a mutant and returns who caught it; nobody if by is "".
func (j *judge) try(ctx context.Context, m mutant) (finding, error) {
	ctx, cancel := context.WithTimeout(ctx, limitOfMutant)
	defer cancel()
	changed, err := m.changed(j.root)
	if err != nil {
		return finding{}, err
	}
	j.tried++
	v, err := newVariant(j.root, filepath.Join(j.scratch, fmt.Sprint(j.tried)), changed)
	if err != nil {
		return finding{}, err
	}
	defer v.remove()

	few := min(firstSeeds, j.seeds)
	if f, err := j.simulate(ctx, v, 0, few); err != nil || f.by != "" {
		return f, err
	}
	for _, s := range m.tests {
		if f, err := j.test(ctx, v, s); err != nil || f.by != "" {
			return f, err
		}
	}
	return j.simulate(ctx, v, few, j.seeds)
}

// simulate returns what a seed shows that fails again when it is simulated again.
func (j *judge) simulate(ctx context.Context, v *variant, from, to uint64) (finding, error) {
	for from < to {
		f, seed, err := v.simulate(ctx, from, to)
		if err != nil || f.by == "" {
			return finding{}, err
		}
		again, err := v.fails(ctx, seed)
		if err != nil || again {
			return f, err
		}
		progress("    not again: %s", f.said)
		from = seed + 1
	}
	return finding{}, nil
}

// test returns what a test shows that fails again, and does not with the library as
// it is: tests with real servers can fail for what else the machine does.
func (j *judge) test(ctx context.Context, v *variant, s suite) (finding, error) {
	for range 3 {
		f, failed, err := v.test(ctx, s, j.limits[s.pkg])
		if err != nil || f.by == "" {
			return finding{}, err
		}
		again, _, err := v.test(ctx, failed, j.limits[s.pkg])
		if err != nil {
			return finding{}, err
		}
		innocent, _, err := j.original.test(ctx, failed, j.limits[s.pkg])
		if err != nil {
			return finding{}, err
		}
		if again.by != "" && innocent.by == "" {
			return f, nil
		}
		progress("    not again, or not by the mutant: %s", f.said)
	}
	return finding{}, nil
}
