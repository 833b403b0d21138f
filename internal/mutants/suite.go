package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// undisturbed are tests that look at the module's files, not at what the code does.
const undisturbed = "^(TestTheCatalogueNamesTheTestsThereAre|TestRootPackageImportsTheStandardLibraryOnly)$"

// test runs a suite. It returns what failed first, and a suite of that test alone.
func (v *variant) test(ctx context.Context, s suite, limit time.Duration) (f finding, failed suite, err error) {
	binary, err := v.binary(ctx, s.pkg)
	if err != nil {
		return finding{}, suite{}, err
	}
	command := exec.CommandContext(ctx, binary, "-test.run="+s.pattern, "-test.skip="+undisturbed, "-test.failfast", "-test.timeout="+limit.String())
	command.Dir = v.directory(s.pkg)
	command.WaitDelay = time.Second
	output, err := command.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return finding{}, suite{}, nil
	}
	said, test := failure(string(output), limit)
	failed = s
	if test != "" {
		failed.pattern = "^" + test + "$"
	}
	return finding{s.String(), said}, failed, nil
}

// directory is that of a package.
func (v *variant) directory(pkg string) string { return filepath.Join(v.root, pkg) }

var (
	failedTest  = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	timedOut    = regexp.MustCompile(`(?m)^panic: test timed out`)
	runningTest = regexp.MustCompile(`(?m)^\s+(Test[^\s/]+)\S* \(`)
)

// failure is what the output of tests says of the first that failed, and its name if
// it tells.
func failure(output string, limit time.Duration) (said, test string) {
	if name := failedTest.FindStringSubmatch(output); name != nil && !timedOut.MatchString(output) {
		return name[1], name[1]
	}
	if timedOut.MatchString(output) {
		running := runningTest.FindStringSubmatch(output)
		if running == nil {
			return fmt.Sprintf("it hangs (%v)", limit), ""
		}
		return fmt.Sprintf("%s: it hangs (%v)", running[1], limit), running[1]
	}
	return crash(output), ""
}

// list returns the names of the suite's tests.
func (v *variant) list(ctx context.Context, s suite) ([]string, error) {
	binary, err := v.binary(ctx, s.pkg)
	if err != nil {
		return nil, err
	}
	output, err := exec.CommandContext(ctx, binary, "-test.list="+s.pattern).Output()
	return strings.Fields(string(output)), err
}
