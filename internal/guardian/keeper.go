//go:build unix

package guardian

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Main is the guardian process: it keeps one command, and returns when that has ended,
// or when there is none to be kept any more. The arguments are the last that New gave.
func Main(args []string) error {
	orders, err := openPipe(args, 0)
	if err != nil {
		return err
	}
	reports, err := openPipe(args, 1)
	if err != nil {
		return err
	}
	stayAlive()
	adoptOrphans()
	k := &keeper{reports: json.NewEncoder(reports), orders: make(chan order)}
	go func() {
		defer close(k.orders)
		for decoder := json.NewDecoder(orders); ; {
			var o order
			if decoder.Decode(&o) != nil {
				return // the parent is gone, or says what nobody understands
			}
			k.orders <- o
		}
	}()
	first, ok := <-k.orders
	if !ok || first.Start == nil || first.Lease == nil {
		return nil // nobody has led
	}
	k.lease = *first.Lease
	return k.keep(*first.Start)
}

// openPipe opens what the nth argument names, and keeps it from the command, which would
// hold the parent up.
func openPipe(args []string, n int) (*os.File, error) {
	byHand := errors.New("guardian is started by leader run")
	if len(args) != 2 {
		return nil, byHand
	}
	fd, err := strconv.Atoi(args[n])
	if err != nil || fd < 3 {
		return nil, byHand
	}
	file := os.NewFile(uintptr(fd), "pipe")
	if info, err := file.Stat(); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return nil, byHand
	}
	syscall.CloseOnExec(fd)
	return file, nil
}

// stayAlive: who stops a service may signal all its processes (systemd does), and a
// closed terminal signals its own. The guardian goes when the command has gone. The
// signals are caught, not ignored: the command would inherit that.
func stayAlive() {
	caught := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE} {
		if !signal.Ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
}

// JobControl are the signals that a process in the background of a terminal must not be
// stopped by. A command that owns the terminal inherits that they are ignored, so that
// ctrl-Z doesn't stop it, with nobody to continue it.
var JobControl = []os.Signal{syscall.SIGTTOU, syscall.SIGTSTP}

// keeper keeps one command within its lease. All of it belongs to one goroutine.
type keeper struct {
	reports *json.Encoder
	orders  chan order // closed when the parent is gone
	process *process

	lease   Lease
	onLose  syscall.Signal
	grace   time.Duration
	asked   bool   // the command was asked to end, or killed
	endBy   Moment // if asked: when it is killed, if the lease lasts so long
	killing bool
}

// lookAgain is how often the clocks are read at the least. A timer does not notice that
// the wall clock was set, or that the machine was suspended.
const lookAgain = 100 * time.Millisecond

func (k *keeper) keep(c Command) error {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	if runs, err := k.start(c); !runs {
		return err
	}
	orphans, reaped := false, time.Now()
	for {
		if orphans && time.Since(reaped) > lookAgain { // or there would be more and more of those whose parents ended before them
			reapOrphans(k.process.pid())
			orphans, reaped = false, time.Now()
		}
		select {
		case <-children:
			orphans = true
			k.act()
		case <-k.process.ended:
			_ = k.reports.Encode(report{Ended: &Outcome{Status: k.process.status(), Asked: k.asked}}) // a parent that is gone wants to know nothing
			return nil
		case o, ok := <-k.orders:
			if !ok {
				k.orders = nil
				k.askToEnd(k.onLose, k.grace) // nobody renews the lease any more, and nobody can give it back
				continue
			}
			k.obey(o)
		case <-time.After(k.next()):
			k.act()
		}
	}
}

// start reports whether the command runs.
func (k *keeper) start(c Command) (runs bool, err error) {
	k.onLose, k.grace = c.OnLose, c.Grace
	if k.lease.Ask.Left() <= 0 || k.lease.Kill.Left() <= 0 { // one of us was frozen meanwhile
		return false, k.reports.Encode(report{Started: &started{Error: "the lease has ended", TooLate: true}})
	}
	if c.Foreground {
		signal.Ignore(JobControl...)
	}
	cmd := &exec.Cmd{
		Path: string(c.Path), Args: texts(c.Args), Env: texts(c.Env),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, // the parent's own, no copies through a pipe
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Foreground: c.Foreground}, // the terminal is Ctty 0, the standard input
	}
	if k.process, err = startProcess(cmd); err != nil {
		missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)
		return false, k.reports.Encode(report{Started: &started{Error: err.Error(), Missing: missing}})
	}
	if err := k.reports.Encode(report{Started: new(started)}); err != nil {
		k.askToEnd(k.onLose, k.grace) // the parent is gone already
	}
	return true, nil
}

func (k *keeper) obey(o order) {
	switch {
	case o.Lease != nil:
		k.lease = *o.Lease
	case o.End != nil:
		k.askToEnd(o.End.Signal, o.End.Within)
	case o.Signal == syscall.SIGKILL:
		k.kill()
	case o.Signal != 0:
		k.process.signal(o.Signal)
	}
	k.act()
}

// next is how long nothing is to be done.
func (k *keeper) next() time.Duration {
	soonest := k.lease.Kill
	switch {
	case k.killing:
		return lookAgain
	case k.asked:
		soonest = earlier(soonest, k.endBy)
	default:
		soonest = earlier(soonest, k.lease.Ask)
	}
	return min(lookAgain, max(0, soonest.Left()))
}

// act does what the clocks say.
func (k *keeper) act() {
	switch {
	case k.killing, k.lease.Kill.Left() <= 0, k.asked && k.endBy.Left() <= 0:
		k.kill()
	case k.lease.Ask.Left() <= 0 && !k.asked:
		k.askToEnd(k.onLose, k.lease.Kill.Left())
	}
}

// askToEnd asks once. Who asks again can only shorten the time.
func (k *keeper) askToEnd(sig syscall.Signal, within time.Duration) {
	by := At(time.Now()).Plus(within)
	if k.asked {
		k.endBy = earlier(k.endBy, by)
		return
	}
	if k.process.hasExited() {
		return // by itself: what it left behind is being buried
	}
	k.asked, k.endBy = true, by
	if sig == syscall.SIGKILL {
		k.kill()
		return
	}
	k.process.signal(sig)
	k.process.signal(syscall.SIGCONT) // who is stopped would not see the signal otherwise
}

// kill kills everything. It is repeated by act until the process has ended, and then by
// the process's burial.
func (k *keeper) kill() {
	if k.process.hasExited() {
		return
	}
	k.asked, k.killing = true, true
	k.process.kill()
}
