package leaderelection_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

func testsOfThisModule(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	tests := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range function.FindAllSubmatch(source, -1) {
			tests[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
