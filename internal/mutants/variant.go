package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// variant is the library as it is, or a mutant: what is built of it.
type variant struct {
	root     string            // of the module
	scratch  string            // a directory of its own, for what is built
	overlay  string            // names the files that are others; "" if none is
	embedded []string          // their texts, of those that are embedded
	binaries map[string]string // of tests, by package
}

// newVariant writes the files that are others than those of the module.
func newVariant(root, scratch string, changed map[string]string) (*variant, error) {
	v := &variant{root: root, scratch: scratch, binaries: map[string]string{}}
	if err := os.MkdirAll(scratch, 0o700); err != nil || len(changed) == 0 {
		return v, err
	}
	replace := map[string]string{}
	for file, text := range changed {
		other := filepath.Join(scratch, fmt.Sprintf("%d-%s", len(replace), filepath.Base(file)))
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			return nil, err
		}
		replace[filepath.Join(root, file)] = other
		if strings.HasSuffix(file, ".lua") {
			v.embedded = append(v.embedded, text)
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	v.overlay = filepath.Join(scratch, "overlay.json")
	return v, os.WriteFile(v.overlay, list, 0o600)
}

// remove deletes what was built.
func (v *variant) remove() { _ = os.RemoveAll(v.scratch) }

// binary returns the test binary of a package, which is built if it has not been.
func (v *variant) binary(ctx context.Context, pkg string) (string, error) {
	if binary, built := v.binaries[pkg]; built {
		return binary, nil
	}
	binary := filepath.Join(v.scratch, strings.ReplaceAll(pkg, "/", "-")+".test")
	args := []string{"test", "-c", "-ldflags=-s -w", "-o", binary} // linked in half the time
	if v.overlay != "" {
		args = append(args, "-overlay", v.overlay)
	}
	build := exec.CommandContext(ctx, "go", append(args, pkg)...)
	build.Dir = v.root
	output, err := build.CombinedOutput()
	if ctx.Err() != nil {
		return "", fmt.Errorf("building the tests of %s: %w", pkg, ctx.Err())
	}
	if err != nil {
		return "", fmt.Errorf("%s does not compile: %s", suite{pkg: pkg}, output)
	}
	if err := v.checkEmbedded(binary); err != nil {
		return "", err
	}
	v.binaries[pkg] = binary
	return binary, nil
}

// checkEmbedded makes sure that the scripts in a binary are the changed ones.
func (v *variant) checkEmbedded(binary string) error {
	if len(v.embedded) == 0 {
		return nil
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	for _, text := range v.embedded {
		if !bytes.Contains(content, []byte(text)) {
			return fmt.Errorf("%s does not contain the script that was changed", filepath.Base(binary))
		}
	}
	return nil
}
