//go:build linux || darwin

package contender

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"example.com/leaderelection/internal/belief"
)

// Process is a candidate process, seen from its parent.
type Process struct {
	Name     string // in the History; also of a process that is started again a new one
	Settings Settings

	command *exec.Cmd
	stderr  tail
	exited  chan struct{}
}

// Start starts a candidate process: the program and arguments given, which must
// end up in Run. What it prints goes to history under the name given.
func Start(name string, command []string, settings Settings, history *belief.History) (*Process, error) {
	environment, err := settings.environment()
	if err != nil {
		return nil, err
	}
	p := &Process{Name: name, Settings: settings, exited: make(chan struct{})}
	p.command = exec.Command(command[0], command[1:]...)
	p.command.Env = append(os.Environ(), environment)
	p.command.SysProcAttr = attributes()
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("contender %s: %w", name, err)
	}
	if _, err = p.command.StdinPipe(); err != nil { // kept open by command until its end, or ours
		return nil, fmt.Errorf("contender %s: %w", name, err)
	}
	started := make(chan error)
	go p.live(stdout, history, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("contender %s: %w", name, err)
	}
	return p, nil
}

// live starts the process and stays with it until its end. It stays on its
// thread, too: a process that dies with its parent dies, on Linux, with the
// thread that forked it.
func (p *Process) live(stdout io.Reader, history *belief.History, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.command.Start()
	started <- err
	if err != nil {
		return
	}
	defer close(p.exited)
	listened := make(chan struct{})
	go func() { defer close(listened); p.listen(stdout, history) }()
	<-listened
	_ = p.command.Wait() // how it ended is what its last records tell
}

func (p *Process) listen(stdout io.Reader, history *belief.History) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var record belief.Record
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			continue // half a line: it was killed while it printed
		}
		history.Add(p.Name, record)
	}
}

// PID is the process's.
func (p *Process) PID() int { return p.command.Process.Pid }

// Stop asks it to stop: it hands over and exits.
func (p *Process) Stop() { p.signal(syscall.SIGTERM) }

// Kill ends it as kill -9 does.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// Freeze pauses the whole process, until Thaw or Kill.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

// OccupyPool has the program use all connections of the client that it shares with
// its election, for a second.
func (p *Process) OccupyPool() { p.signal(syscall.SIGUSR1) }

func (p *Process) signal(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal) // an error says that it has exited
}

// Exited is closed when the process has exited and everything it printed is in
// the History.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Close kills the process if it still runs, and waits for its end.
func (p *Process) Close() {
	p.Kill()
	<-p.exited
}

// Log returns the last lines that the process has logged.
func (p *Process) Log() string { return p.stderr.String() }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailLength = 16 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if len(t.text) > tailLength {
		t.text = t.text[len(t.text)-tailLength:]
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
