package leaderelection_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/failures.md names a test for each row; a test that was renamed or removed
// must not live on there. Nor may a test that bears a row's number be missing.
func TestTheCatalogueNamesTheTestsThereAre(t *testing.T) {
	text, err := os.ReadFile("docs/failures.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(text), -1) {
		named[name[1]] = true
	}
	existing := testsOfThisModule(t)
	for name := range named {
		if !existing[name] {
			t.Errorf("docs/failures.md names %s, which does not exist", name)
		}
	}
	for name := range existing {
		if regexp.MustCompile(`^TestF\d\d`).MatchString(name) && !named[name] {
			t.Errorf("docs/failures.md does not name %s", name)
		}
	}
}

// bench/guard/baseline.txt names benchmarks: one that was renamed would be compared
// with nothing. Those of a group are run under names that stand in the same file.
func TestTheBaselineNamesTheBenchmarksThereAre(t *testing.T) {
	text, err := os.ReadFile("bench/guard/baseline.txt")
	if err != nil {
		t.Fatal(err)
	}
	named := map[[2]string]bool{} // function and name in its group, "" if it is none
	for _, line := range regexp.MustCompile(`(?m)^(Benchmark\w+)(?:/(\w+))? `).FindAllStringSubmatch(string(text), -1) {
		named[[2]string{line[1], line[2]}] = true
	}
	if len(named) == 0 {
		t.Error("bench/guard/baseline.txt names no benchmark")
	}
	sources := testSources(t)
	for benchmark := range named {
		function, name := benchmark[0], benchmark[1]
		if !slices.ContainsFunc(sources, func(source string) bool {
			return strings.Contains(source, "func "+function+"(") && (name == "" || strings.Contains(source, `"`+name+`"`))
		}) {
			t.Errorf("bench/guard/baseline.txt names %s %s, which does not exist", function, name)
		}
	}
}

func testsOfThisModule(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	tests := map[string]bool{}
	for _, source := range testSources(t) {
		for _, match := range function.FindAllStringSubmatch(source, -1) {
			tests[match[1]] = true
		}
	}
	return tests
}

func testSources(t *testing.T) []string {
	t.Helper()
	var sources []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		sources = append(sources, string(source))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}
