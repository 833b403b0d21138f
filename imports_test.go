package leaderelection_test

import (
	"go/build"
	"strings"
	"testing"
)

// Users inherit what the root package imports, so that is the standard library alone.
func TestRootPackageImportsTheStandardLibraryOnly(t *testing.T) {
	root, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range root.Imports {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			t.Errorf("the root package imports %s", path)
		}
	}
	if len(root.Imports) == 0 {
		t.Error("no imports found: is this still the root package?")
	}
}
