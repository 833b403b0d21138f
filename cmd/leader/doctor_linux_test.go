package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/leaderelection/internal/redistest"
	"golang.org/x/sys/unix"
)

// At a terminal there are colours, lines as long as it is wide, and a line that says what
// is being looked at and vanishes.
func TestDoctorAtATerminal(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for env, coloured := range map[string]bool{"TERM=xterm-256color": true, "TERM=dumb": false} {
		const allOK = "15 OK, 0 WARN"
		var text string
		var err error
		attempts(func() bool {
			text, err = examinedAtATerminal(t, server.URL(), env)
			return saying(allOK)(text)
		})
		if err != nil || !strings.Contains(text, allOK) {
			t.Errorf("%s: %v, printed %q", env, err, text)
		}
		if got := strings.Contains(text, "\x1b[32mOK"); got != coloured {
			t.Errorf("%s: coloured: %v, want %v: %q", env, got, coloured, text)
		}
		if got := strings.Contains(text, "looking at: round-trip ..."); got != coloured {
			t.Errorf("%s: shows its progress: %v, want %v: %q", env, got, coloured, text)
		}
		if coloured != strings.Contains(text, "\r\x1b[K\x1b[32mOK") {
			t.Errorf("%s: the progress does not give way to the table: %q", env, text)
		}
	}
}

// examinedAtATerminal returns what a terminal of 60 columns is sent.
func examinedAtATerminal(t *testing.T, url, env string) (text string, err error) {
	t.Helper()
	keyboard, screen := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 60}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "doctor", "--key", "nightly")
	cmd.Env = append(os.Environ(), beLeader+"=1", quickExit, redisURLVariable+"="+url, "COLORTERM=", "NO_COLOR=", env)
	cmd.Stdout, cmd.Stderr = screen, screen
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = screen.Close()
	var shown bytes.Buffer
	_, _ = shown.ReadFrom(keyboard) // fails when the terminal's last user is gone
	err = cmd.Wait()
	_ = keyboard.Close()
	return shown.String(), err
}
