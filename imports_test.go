package leaderelection_test

import (
	"go/build"
	"strings"
	"testing"
)

// Users inherit what the root package imports, so that is the standard library alone,
// and one internal package that does the same.
func TestRootPackageImportsTheStandardLibraryOnly(t *testing.T) {
	for _, directory := range []string{".", "internal/machine"} {
		pkg, err := build.ImportDir(directory, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range pkg.Imports {
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && !strings.HasSuffix(path, "/internal/machine") {
				t.Errorf("%s imports %s", directory, path)
			}
		}
		if len(pkg.Imports) == 0 {
			t.Errorf("no imports found in %s: is this still the root package?", directory)
		}
	}
}
