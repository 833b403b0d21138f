package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// errExited says that redis-server ended by itself, most likely because its port
// is taken.
var errExited = errors.New("redis-server exited at once")

// process is a running redis-server, or one that has ended.
type process struct {
	os    *os.Process
	ended chan struct{}
}

// start starts the process, and returns when it answers.
func (s *Server) start() error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("%w: run `make setup`, which installs it", err)
	}
	users, err := os.OpenFile(s.usersFile(), os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_ = users.Close()
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()

	cmd := exec.Command(path, s.arguments()...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = endWithThread()
	if s.process, err = run(cmd); err != nil {
		return err
	}
	if err := s.awaitAnswer(); err != nil {
		s.Kill()
		return fmt.Errorf("%w; its log ends:\n%s", err, s.log())
	}
	return nil
}

func (s *Server) arguments() []string {
	directives := append([][]string{
		s.listening(),
		{"bind", "127.0.0.1"},
		{"dir", s.data()},
		{"save", ""},
	}, s.directives...) // the last one of a name counts
	if s.password == "" && s.sentinel == "" { // beside a file of users, Redis ignores requirepass
		directives = append(directives, []string{"aclfile", s.usersFile()})
	}
	args := make([]string, 0, 2+2*len(directives))
	if s.sentinel != "" {
		args = append(args, s.sentinel, "--sentinel")
	}
	for _, directive := range directives {
		args = append(append(args, "--"+directive[0]), directive[1:]...)
	}
	return args
}

// run starts the command. The thread it is started by waits for it too, and for
// nothing else: on Linux the process ends with that thread (see endWithThread),
// and Go ends threads when it likes.
func run(cmd *exec.Cmd) (*process, error) {
	started := make(chan error)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // its log tells more
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return &process{os: cmd.Process, ended: ended}, nil
}

// awaitAnswer returns when the process answers on its port: it, and not another
// server that was quicker to take that port.
func (s *Server) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	options := s.Options()
	options.MaxRetries = -1
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()

	ours := strconv.Itoa(s.process.os.Pid)
	for {
		err := client.Ping(ctx).Err()
		if err == nil && infoField(ctx, client, "process_id") == ours {
			return nil
		}
		select {
		case <-s.process.ended:
			return errExited
		case <-ctx.Done():
			return fmt.Errorf("redis-server doesn't answer on %s: %w", s.Addr(), errors.Join(err, ctx.Err()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (p *process) kill() {
	if p == nil {
		return
	}
	_ = p.os.Kill() // fails if it has ended, and then there's nothing to do
	<-p.ended
}

// terminate reports whether the process ended in time.
func (p *process) terminate(limit time.Duration) bool {
	_ = p.os.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

func (s *Server) usersFile() string { return filepath.Join(s.dir, "users.acl") }

func (s *Server) logFile() string { return filepath.Join(s.dir, "redis.log") }

// log returns the last lines that the server has logged.
func (s *Server) log() string {
	text, _ := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("redistest: no free port: %v", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
