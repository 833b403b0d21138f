//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// formatted is a page as man shows it, without bold letters. The test fails if groff finds
// anything wrong.
func formatted(t *testing.T, page string) string {
	t.Helper()
	cmd := exec.Command("groff", "-man", "-ww", "-Tutf8", "-Kutf8", "-P-cbu")
	cmd.Stdin = strings.NewReader(page)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	text, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("groff (make setup installs it): %v\n%s", err, complaints.String())
	}
	return string(text)
}

// Every command that people use has a page, and that says what --help says, table by table.
func TestEveryCommandHasAManualPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if i := start(t, nil, "man", dir); i.status() != 0 {
		t.Fatalf("exit status %d", i.status())
	}
	pages := 0
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		page, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		pages++
		text := formatted(t, string(page))
		for _, part := range []string{cmd.Long, cmd.Example} {
			for line := range strings.Lines(part) {
				if !strings.Contains(text, strings.Trim(line, "\t\n")) {
					t.Errorf("%s: %q is not in its page:\n%s", cmd.CommandPath(), line, text)
				}
			}
		}
		for _, child := range cmd.Commands() {
			if !child.Hidden {
				check(child)
			}
		}
	}
	check(newRootCommand())
	if entries, err := os.ReadDir(dir); err != nil || len(entries) < pages {
		t.Errorf("%d pages of %d commands: %v", len(entries), pages, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "leader-guardian.1")); err == nil {
		t.Error("a hidden command has a page")
	}
}

func TestManualPageShowsWhatIsThere(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "tool", Short: "Does - \\ that", Long: ".not a request\n'nor this\n  a \\(co b-c `d` ~e ^f", Run: func(*cobra.Command, []string) {}}
	cmd.Flags().IntP("terms", "n", 20, "how `MANY`")
	cmd.Flags().String("secret", "", "")
	_ = cmd.Flags().MarkHidden("secret")
	text := formatted(t, manPage(cmd))
	for _, want := range []string{"tool - Does - \\ that", ".not a request\n", "'nor this\n", "  a \\(co b-c `d` ~e ^f", "-n, --terms MANY", "how MANY (default: 20)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	if page := manPage(cmd); !strings.Contains(page, `\-\-terms`) { // or it is another sign, that can't be copied
		t.Errorf("hyphens are not told from minus signs:\n%s", page)
	}
	if strings.Contains(text, "secret") {
		t.Errorf("a hidden flag is shown:\n%s", text)
	}
}

func TestManualMakesItsDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "share", "man1")
	if i := start(t, nil, "man", dir); i.status() != 0 {
		t.Errorf("exit status %d", i.status())
	}
	if _, err := os.Stat(filepath.Join(dir, "leader-run.1")); err != nil {
		t.Error(err)
	}
}

// What is wrong with a directory is said once, not for every page.
func TestManualThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	inTheWay, occupied := filepath.Join(t.TempDir(), "file"), t.TempDir()
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"leader.1", "leader-run.1", "leader-status.1"} {
		if err := os.Mkdir(filepath.Join(occupied, page), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for dir, says := range map[string]string{inTheWay: "file", occupied: "leader.1"} {
		i := start(t, nil, "man", dir)
		if i.status() != statusFailed || !strings.Contains(i.stderr.String(), says) || strings.Count(i.stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit status %d, and says\n%s", dir, i.status(), i.stderr.String())
		}
	}
}
