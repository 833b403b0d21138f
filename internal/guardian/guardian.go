//go:build unix

package guardian

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Guardian is a guardian process, as its parent sees it. It keeps one command. Its
// methods may be called at the same time.
type Guardian struct {
	cmd     *exec.Cmd
	orders  *os.File
	started chan started
	ended   chan struct{} // closed once outcome and err are there, and nothing of the command is left
	gone    chan struct{} // closed once the guardian has been reaped
	outcome Outcome
	err     error

	mu    sync.Mutex
	lease Lease
	begun bool
}

// errGone is that of a guardian that ended before its command, so that its parent had
// to end that.
var errGone = errors.New("the guardian of the command is gone (was it killed?); what it guarded was killed")

// New starts a guardian process: this program, with the arguments, which make it call
// Main. It waits for a command at once, since a new leader has no time to lose.
func New(args ...string) (*Guardian, error) {
	adoptOrphans() // those of a guardian that was killed
	ordersOut, ordersIn, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	defer func() { _ = ordersOut.Close() }()
	reportsOut, reportsIn, err := os.Pipe()
	if err != nil {
		_ = ordersIn.Close()
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	defer func() { _ = reportsIn.Close() }()

	self, err := thisProgram()
	if err != nil {
		_ = ordersIn.Close()
		_ = reportsOut.Close()
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	g := &Guardian{
		cmd: &exec.Cmd{
			Path: self, Args: append([]string{"leader-guardian"}, args...),
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			ExtraFiles:  []*os.File{ordersOut, reportsIn}, // ordersFile, reportsFile
			SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
		},
		orders:  ordersIn,
		started: make(chan started, 1),
		ended:   make(chan struct{}),
		gone:    make(chan struct{}),
	}
	if err := g.cmd.Start(); err != nil {
		_ = ordersIn.Close()
		_ = reportsOut.Close()
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	go g.listen(reportsOut)
	return g, nil
}

// thisProgram is this executable, and no newer one that has been put in its place
// meanwhile, where that can be had.
func thisProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// listen takes in what the guardian says, until it is gone.
func (g *Guardian) listen(reports *os.File) {
	defer close(g.gone)
	defer func() { _ = reports.Close() }()
	running, told := false, false
	for decoder := json.NewDecoder(reports); ; {
		var r report
		if decoder.Decode(&r) != nil {
			break
		}
		if r.Started != nil {
			running = r.Started.Error == ""
			g.started <- *r.Started
		}
		if r.Ended != nil && !told {
			g.outcome, running, told = *r.Ended, false, true
			close(g.ended) // and not once the guardian is gone, too: that takes a millisecond more
		}
	}
	close(g.started)
	_ = g.orders.Close()
	_ = g.cmd.Process.Kill() // it has said all, or can't
	_ = g.cmd.Wait()
	if running { // an orphan of ours now
		await(killDescendants)
	}
	if !told {
		g.err = errGone
		close(g.ended)
	}
}

// Run has the guardian start the command, which may live as long as the latest Lease
// says. It returns once the command runs, or why it does not: exec.ErrNotFound,
// fs.ErrPermission, or what else the system said, as text.
func (g *Guardian) Run(c Command) error {
	g.mu.Lock()
	g.begun = true
	err := g.send(order{Start: &c, Lease: &g.lease})
	g.mu.Unlock()
	if err != nil {
		return err
	}
	said, ok := <-g.started
	switch {
	case !ok:
		return errGone
	case said.Missing:
		return fmt.Errorf("%w (%s)", fs.ErrNotExist, said.Error)
	case said.Error != "":
		return errors.New(said.Error)
	}
	return nil
}

// Extend tells until when the command may live.
func (g *Guardian) Extend(lease Lease) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lease = lease
	if !g.begun {
		return nil
	}
	return g.send(order{Lease: &lease})
}

// End asks the command to end by a signal, and kills it when it hasn't within that
// time. The end of the lease may be sooner.
func (g *Guardian) End(sig syscall.Signal, within time.Duration) error {
	return g.tell(order{End: &ending{Signal: sig, Within: within}})
}

// Signal sends a signal to the command's process group. SIGKILL ends everything.
func (g *Guardian) Signal(sig syscall.Signal) error { return g.tell(order{Signal: sig}) }

func (g *Guardian) tell(o order) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.send(o)
}

// sendPatience is more than it takes to write into a pipe that somebody reads.
const sendPatience = time.Second

// send says something. mu is held.
func (g *Guardian) send(o order) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	// A frozen guardian does not read, and the pipe is full one day.
	_ = g.orders.SetWriteDeadline(time.Now().Add(sendPatience))
	if _, err := g.orders.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("the guardian of the command does not listen: %w", err)
	}
	return nil
}

// Ended is closed once the command has ended with everything that it had started.
func (g *Guardian) Ended() <-chan struct{} { return g.ended }

// Outcome is how the command ended, or an error where the guardian could not tell,
// but the command has ended all the same. Only after Ended.
func (g *Guardian) Outcome() (Outcome, error) { return g.outcome, g.err }

// Kill kills the guardian, and what it guards: for one that doesn't do its work. Ended
// is closed soon. On other systems than Linux the command may survive.
func (g *Guardian) Kill() { _ = g.cmd.Process.Kill() }

// Dismiss returns once the guardian is gone. The command that it may guard yet is asked
// to end.
func (g *Guardian) Dismiss() {
	_ = g.orders.Close()
	<-g.gone
}
