package validate

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// programs are what units start, as it is installed one day.
var programs = regexp.MustCompile(`(?m)^(ExecStart=)/usr\S+/bin/\w+|^(ExecStart=)/usr/bin/\w+`)

// units returns our units in a directory of their own, where they start what is here.
func units(t *testing.T) (paths []string) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if _, err := exec.LookPath("apk"); err == nil {
			t.Skip("this Linux has no systemd")
		}
		t.Fatalf("%v: make setup installs it", err)
	}
	files, err := filepath.Glob("../systemd/*.service")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no units: %v", err)
	}
	dir := t.TempDir()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(path, programs.ReplaceAll(text, []byte("${1}${2}/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestUnits(t *testing.T) {
	for _, unit := range units(t) {
		// It warns of what it ignores, and calls that a success.
		if out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", filepath.Base(unit), err, out)
		}
		// 0 is the most confined, 100 not at all.
		if out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", unit).CombinedOutput(); err != nil {
			t.Errorf("%s is exposed: %v\n%s", filepath.Base(unit), err, out)
		}
	}
}

// What the comments say of time and of the guardian.
func TestUnitsLeaveTimeToEnd(t *testing.T) {
	for _, unit := range units(t) {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		setting := func(name string) string {
			found := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindSubmatch(text)
			if found == nil {
				t.Fatalf("%s has no %s", filepath.Base(unit), name)
			}
			return string(found[1])
		}
		if stop, err := time.ParseDuration(setting("TimeoutStopSec")); err != nil || stop <= 30*time.Second {
			t.Errorf("%s has %v to stop: %v", filepath.Base(unit), stop, err)
		}
		if strings.HasPrefix(filepath.Base(unit), "leader@") && (setting("KillMode") != "process" || setting("NotifyAccess") != "main" || setting("Type") != "notify") {
			t.Errorf("%s: the guardian would be killed, or others speak for leader", filepath.Base(unit))
		}
	}
}
