//go:build unix

package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// patience bounds every wait for the server. A machine busy with other tests may
// need some of it.
const patience = 30 * time.Second

// Server is a PostgreSQL server, on a socket in a folder of its own. What it
// writes is not forced to disk.
type Server struct {
	dir     string // holds the data, the socket and the log
	process *os.Process
	ended   chan struct{}
}

// Start starts a server and returns when it answers. It needs the programs of
// PostgreSQL, but no service. End it by Stop.
func Start() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fence-pg") // short: a socket's path has at most 107 bytes
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if err := s.start(bin); err != nil {
		err = fmt.Errorf("postgrestest: %w; its log ends:\n%s", err, s.log())
		s.Stop()
		return nil, err
	}
	return s, nil
}

// URL is what sql.Open("pgx", ...) takes.
func (s *Server) URL() string {
	return "host=" + s.dir + " user=postgres dbname=postgres sslmode=disable"
}

// Stop ends the server, and returns when nothing is left of it.
func (s *Server) Stop() {
	if s.process != nil {
		_ = s.process.Signal(syscall.SIGQUIT) // at once: its data is not needed any more
		select {
		case <-s.ended:
		case <-time.After(patience):
			_ = s.process.Kill()
			<-s.ended
		}
	}
	_ = os.RemoveAll(s.dir)
}

func (s *Server) start(bin string) error {
	attributes, err := s.unprivileged()
	if err != nil {
		return err
	}
	output, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = output.Close() }()

	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+s.data(), "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr, initdb.Stdout, initdb.Stderr = s.dir, attributes, output, output
	if err := initdb.Run(); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}

	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=40")
	postgres.Dir, postgres.SysProcAttr, postgres.Stdout, postgres.Stderr = s.dir, endWithThread(attributes), output, output
	if err := s.run(postgres); err != nil {
		return err
	}
	return s.awaitAnswer()
}

// run starts the server. The thread it is started by waits for it too, and for
// nothing else: on Linux the server ends with that thread, and Go ends threads when
// it likes.
func (s *Server) run(postgres *exec.Cmd) error {
	started := make(chan error)
	s.ended = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := postgres.Start()
		started <- err
		if err == nil {
			_ = postgres.Wait() // its log tells more
		}
		close(s.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process = postgres.Process
	return nil
}

func (s *Server) awaitAnswer() error {
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("postgres exited at once")
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// unprivileged returns how to run PostgreSQL, which refuses to run as root: as
// the user whom its package has made, or as nobody. The folder becomes that user's.
func (s *Server) unprivileged() (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("postgres refuses to run as root, and there is no user postgres or nobody: %w", err)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(s.dir, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// log returns the last lines that the server has logged.
func (s *Server) log() string {
	text, _ := os.ReadFile(s.logFile())
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
}

// programs returns the folder of initdb and postgres, of the newest version there
// is. Debian keeps them off the PATH.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/initdb",         // Debian, Ubuntu
		"/usr/pgsql-*/bin/initdb",                  // PostgreSQL's own packages for Fedora
		"/usr/libexec/postgresql*/initdb",          // Alpine
		"/opt/homebrew/opt/postgresql*/bin/initdb", // macOS
		"/usr/local/opt/postgresql*/bin/initdb",
	} {
		paths, _ := filepath.Glob(pattern)
		found = append(found, paths...)
	}
	if len(found) == 0 {
		return "", errors.New("postgrestest: there is no PostgreSQL server: run `make setup`, which installs one")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// version is the number in a path, 0 if it has none.
func version(path string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, path)
	number, _ := strconv.Atoi(digits)
	return number
}
