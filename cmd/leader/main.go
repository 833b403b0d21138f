// Command leader runs elections from the command line. See "leader --help".
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// The exit statuses of leader itself, those of env(1) and docker: a script can
// tell them from the statuses of the command that it runs.
const (
	statusNobody        = 1   // of a question: nobody leads
	statusUnfit         = 1   // of doctor: a check has failed
	statusWaited        = 124 // it was not elected within --wait; timeout(1) says the same
	statusFailed        = 125 // leader itself failed
	statusNotExecutable = 126 // the command was found but cannot be executed
	statusNotFound      = 127 // the command was not found
	statusSignalled     = 128 // plus n: the command was killed by signal n
)

func main() {
	cmd, err := newRootCommand().ExecuteC()
	status := exitStatus(stderr(), tellOrigins(cmd, err))
	stderr().flush()
	os.Exit(status)
}

// exitStatus is what leader exits with after err, which it prints: once, for the
// whole program.
func exitStatus(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	status := statusFailed
	if s, ok := errors.AsType[*statusError](err); ok {
		status = s.status
	}
	if text := err.Error(); text != "" {
		_, _ = fmt.Fprintln(w, "leader:", shownLines(strings.TrimRight(plain(text), "\n")))
	}
	return status
}

// statusError ends leader with a status of its own. Without err, nothing is printed.
type statusError struct {
	status int
	err    error
}

func (s *statusError) Error() string {
	if s.err == nil {
		return ""
	}
	return s.err.Error()
}

func (s *statusError) Unwrap() error { return s.err }

// exitWith returns an error that ends leader silently with status, or nil for 0.
func exitWith(status int) error {
	if status == 0 {
		return nil
	}
	return &statusError{status: status}
}

var (
	credentials = regexp.MustCompile(`://\S*@`)
	passwords   = regexp.MustCompile(`(password=)[^&\s"]*`)          // of a URL, for the sentinels
	arguments   = regexp.MustCompile(`, with args beginning with.*`) // of a command that Redis does not know, such as AUTH
)

// plain is text as it may be shown: in words, without the library's prefix, since leader has
// its own, and without what stands before the host of a URL, a password among its
// parameters, or what Redis quotes of a command. Messages end up in logs, and both may hold a password. That is the
// second line of defence; connect doesn't quote the URL in the first place.
func plain(text string) string {
	text = inWords(text)
	text = passwords.ReplaceAllString(arguments.ReplaceAllString(text, ""), "$1***")
	return credentials.ReplaceAllString(strings.TrimPrefix(text, "leaderelection: "), "://***@")
}
