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
	"strconv"
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

	spared map[int]bool // children of ours that are not of its doing

	mu sync.Mutex // held while something is said
}

// Errors of Run. Any other is of the system, about the command.
var (
	// ErrGone: the guardian ended before its command had, so that its parent had to end that.
	ErrGone = errors.New("the guardian of the command is gone (was it killed?); what it guarded was killed")
	// ErrDeaf: the guardian did not react, and was killed.
	ErrDeaf = errors.New("the guardian of the command did not react (was it stopped?), and was killed")
	// ErrTooLate: the lease had ended when the command was to be started.
	ErrTooLate = errors.New("the lease had ended before the command could be started")
)

// New starts a guardian process: this program, with the arguments and two more, which
// it gives to Main. It waits for a command at once, since a new leader has no time to
// lose. There must not be another one: see listen.
func New(args ...string) (*Guardian, error) {
	g := &Guardian{started: make(chan started, 1), ended: make(chan struct{}), gone: make(chan struct{}), spared: children()}
	adoptOrphans() // those of a guardian that was killed
	reports, err := g.start(args)
	if err != nil {
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	go g.listen(reports)
	return g, nil
}

// start starts the process. Its ends of the pipes keep the numbers that they have here,
// so that no descriptor which the command is to inherit gives way to them: a lock's,
// make's, a socket's that systemd has opened.
func (g *Guardian) start(args []string) (reports *os.File, err error) {
	self, err := thisProgram()
	if err != nil {
		return nil, err
	}
	ordersOut, ordersIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	reportsOut, reportsIn, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ordersOut.Close(), ordersIn.Close())
	}
	for _, file := range []*os.File{ordersOut, reportsIn} {
		inherited, err := syscall.Dup(int(file.Fd())) // which is not closed on exec, as file is
		_ = file.Close()
		if err != nil {
			return nil, errors.Join(err, ordersIn.Close(), reportsOut.Close())
		}
		defer func() { _ = syscall.Close(inherited) }()
		args = append(args, strconv.Itoa(inherited))
	}
	g.cmd = &exec.Cmd{
		Path: self, Args: append([]string{"leader-guardian"}, args...),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if err := g.cmd.Start(); err != nil {
		return nil, errors.Join(err, ordersIn.Close(), reportsOut.Close())
	}
	g.orders = ordersIn
	return reportsOut, nil
}

// thisProgram is this executable, and no newer one that has been put in its place
// meanwhile, where that can be had.
func thisProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// listen takes in what the guardian says, until it is gone. What it leaves behind are
// orphans of ours then, and killed; so there must be no other guardian meanwhile.
func (g *Guardian) listen(reports *os.File) {
	defer close(g.gone)
	defer func() { _ = reports.Close() }()
	told := false
	for decoder := json.NewDecoder(reports); ; {
		var r report
		if decoder.Decode(&r) != nil {
			break
		}
		if r.Started != nil {
			g.started <- *r.Started
		}
		if r.Ended != nil && !told {
			g.outcome, told = *r.Ended, true
			close(g.ended) // and not once the guardian is gone, too: that takes a millisecond more
		}
	}
	close(g.started)
	_ = g.orders.Close()
	_ = g.cmd.Process.Kill() // it has said all, or can't
	_ = g.cmd.Wait()
	await(0, g.spared)
	if !told {
		g.err = ErrGone
		close(g.ended)
	}
}

// startPatience is more than a guardian takes to start a command on a busy machine.
const startPatience = 3 * time.Second

// Run has the guardian start the command, which may live until the end of the lease, or
// of one that Extend tells of. It returns once the command runs, or why it does not, and
// then nothing of it runs: fs.ErrNotExist, ErrTooLate, ErrGone, ErrDeaf, or what else the
// system said, as text.
func (g *Guardian) Run(c Command, lease Lease) error {
	if err := g.tell(order{Start: &c, Lease: &lease}, startPatience); err != nil {
		g.Dismiss()
		return err
	}
	var err error
	select {
	case said, ok := <-g.started:
		switch {
		case !ok:
			err = ErrGone
		case said.TooLate:
			err = ErrTooLate
		case said.Missing:
			err = fmt.Errorf("%w (%s)", fs.ErrNotExist, said.Error)
		case said.Error != "":
			err = errors.New(said.Error)
		}
	case <-time.After(startPatience):
		g.Kill()
		err = ErrDeaf
	}
	if err != nil {
		g.Dismiss()
	}
	return err
}

// Extend tells until when the command may live.
func (g *Guardian) Extend(lease Lease) error { return g.tell(order{Lease: &lease}, sendPatience) }

// End asks the command to end by a signal, and kills it when it hasn't within that
// time. The end of the lease may be sooner.
func (g *Guardian) End(sig syscall.Signal, within time.Duration) error {
	return g.tell(order{End: &ending{Signal: sig, Within: within}}, sendPatience)
}

// Signal sends a signal to the command's process group. SIGKILL ends everything.
func (g *Guardian) Signal(sig syscall.Signal) error { return g.tell(order{Signal: sig}, sendPatience) }

// sendPatience is more than it takes to write into a pipe that somebody reads.
const sendPatience = time.Second

// tell gives an order.
func (g *Guardian) tell(o order, patience time.Duration) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	// A frozen guardian does not read, and the pipe is full one day.
	_ = g.orders.SetWriteDeadline(time.Now().Add(patience))
	if _, err := g.orders.Write(append(text, '\n')); err != nil {
		_ = g.orders.Close() // half an order must not be followed by another
		return fmt.Errorf("%w: %w", ErrGone, err)
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

// IsGone reports whether the guardian has ended.
func (g *Guardian) IsGone() bool {
	select {
	case <-g.gone:
		return true
	default:
		return false
	}
}

// exitPatience is more than a guardian takes to end that has nothing to do.
const exitPatience = time.Second

// Dismiss returns once a guardian is gone whose command has ended, or never ran.
func (g *Guardian) Dismiss() {
	g.mu.Lock()
	_ = g.orders.Close()
	g.mu.Unlock()
	select {
	case <-g.gone:
	case <-time.After(exitPatience):
		g.Kill()
		<-g.gone
	}
}
