package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	logPatience  = 100 * time.Millisecond // for a line to be written
	logBacklog   = 1000                   // lines that are kept for whoever reads too late
	lastPatience = 2 * time.Second        // for all of them, when leader ends
)

// stderr is where leader writes its log, and then what it has failed by: by one writer, so
// that they come in their order, and that nothing is lost at the end but what nobody reads.
var stderr = sync.OnceValue(func() *unblocked { return newUnblocked(os.Stderr) })

// unblocked writes lines to where somebody may have stopped to read: a terminal after
// ctrl-S, a pipe to a collector that hangs. A leader that waited for them would keep its
// lease, and not do its work.
//
// A Write returns when the line is written, so that lines of others come before and
// after it as they should; or after logPatience, and at once from then on until the backlog
// is read. What doesn't fit into that is lost, and counted.
type unblocked struct {
	lines  chan line
	behind atomic.Bool // somebody has waited in vain, and the backlog has not been written since
	lost   atomic.Int64
}

type line struct {
	text    []byte
	written chan struct{} // is closed then
}

// newUnblocked starts what writes, which ends with the program.
func newUnblocked(w io.Writer) *unblocked {
	u := &unblocked{lines: make(chan line, logBacklog)}
	go func() {
		for each := range u.lines {
			if len(each.text) > 0 {
				_, _ = w.Write(each.text)
			}
			close(each.written)
			if len(u.lines) > 0 {
				continue
			}
			u.behind.Store(false)
			if lost := u.lost.Swap(0); lost > 0 {
				_, _ = fmt.Fprintf(w, "leader: warn: lines of the log are lost, since nobody read them lost=%d\n", lost)
			}
		}
	}()
	return u
}

func (u *unblocked) Write(text []byte) (int, error) {
	next := line{bytes.Clone(text), make(chan struct{})}
	select {
	case u.lines <- next:
	default:
		u.lost.Add(1)
		return len(text), nil
	}
	if u.behind.Load() {
		return len(text), nil
	}
	select {
	case <-next.written:
	case <-time.After(logPatience):
		u.behind.Store(true)
	}
	return len(text), nil
}

// flush waits until all lines are written, for lastPatience at the most.
func (u *unblocked) flush() {
	last, limit := line{written: make(chan struct{})}, time.After(lastPatience)
	select {
	case u.lines <- last:
	case <-limit:
		return
	}
	select {
	case <-last.written:
	case <-limit:
	}
}
