package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one small bug.
type mutant struct {
	name  string
	edits []edit
	tests []suite // that are asked if the first seeds have not shown it; none: the simulation alone must
}

// edit is a change to a file: old, which is there once, becomes new.
type edit struct{ file, old, new string }

// suite is the tests of a package whose names match a pattern.
type suite struct{ pkg, pattern string }

func (s suite) String() string { return "go test " + s.pkg }

// in is edits of one file: what is there, and what takes its place, by turns.
func in(file string, texts ...string) []edit {
	var edits []edit
	for i := 0; i < len(texts); i += 2 {
		edits = append(edits, edit{file, texts[i], texts[i+1]})
	}
	return edits
}

// core is the tests of the root package, which take no time.
var core = []suite{{".", "^Test"}}

// redis is tests of redisstore, which start servers.
func redis(pattern string) []suite { return []suite{{"./redisstore", pattern}} }

// protocol is tests of what is asked of Redis, and of what is made of its answers.
func protocol(pattern string) []suite { return []suite{{"./internal/protocol", pattern}} }

// leader is tests of the command line, which start processes.
func leader(pattern string) []suite { return []suite{{"./cmd/leader", pattern}} }

// mutants returns all of them.
func mutants() []mutant {
	return slices.Concat(timeMutants, claimMutants, memoryMutants, termMutants, endMutants, followerMutants, steeringMutants, guardianMutants)
}

// files are those that the mutant changes.
func (m mutant) files() string {
	var files []string
	for _, e := range m.edits {
		if !slices.Contains(files, e.file) {
			files = append(files, e.file)
		}
	}
	return strings.Join(files, ", ")
}

// changed returns the text of each file that the mutant changes, as it becomes.
func (m mutant) changed(root string) (map[string]string, error) {
	texts := map[string]string{}
	for _, e := range m.edits {
		text, begun := texts[e.file]
		if !begun {
			original, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				return nil, err
			}
			text = string(original)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("what it changes is in %s %d times: %q", e.file, n, e.old)
		}
		texts[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return texts, nil
}
