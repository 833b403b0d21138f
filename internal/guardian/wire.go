//go:build unix

package guardian

import (
	"syscall"
	"time"
)

// order is what the parent says. Exactly one field is set; but Start comes with the
// first Lease.
type order struct {
	Start  *Command `json:",omitempty"`
	Lease  *Lease   `json:",omitempty"`
	End    *ending  `json:",omitempty"`
	Signal syscall.Signal
}

// report is what the guardian says. Exactly one field is set.
type report struct {
	Started *started `json:",omitempty"`
	Ended   *Outcome `json:",omitempty"`
}

// Command is what is to be run.
type Command struct {
	Path []byte // of the executable. Bytes, since JSON's strings have no others than UTF-8
	Args [][]byte
	Env  [][]byte

	// OnLose asks the command to end when the lease is about to.
	OnLose syscall.Signal
	// Grace is how long it may take to end once the parent is gone, within the lease.
	Grace time.Duration
	// Foreground makes the command the owner of the terminal that is the standard input.
	Foreground bool
}

// started says whether the command runs.
type started struct {
	Error   string // "" if it does
	Missing bool   // the executable is not there
	TooLate bool   // the lease had ended by then, or its end was near
}

// Outcome is how the command ended, with everything that it had started.
type Outcome struct {
	// Status is the exit status as a shell would give it.
	Status int
	// Asked says that it had been asked to end, or killed, by the guardian.
	Asked bool
}

// ending asks the command to end.
type ending struct {
	Signal syscall.Signal
	Within time.Duration // after which it is killed
}

// Lease is until when the command may live.
type Lease struct {
	Ask  Moment // it is asked to end, unless a later Lease has been told of
	Kill Moment // it is killed
}

// Bytes makes what a Command consists of.
func Bytes(texts ...string) [][]byte {
	all := make([][]byte, 0, len(texts))
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

func texts(bytes [][]byte) []string {
	all := make([]string, 0, len(bytes))
	for _, each := range bytes {
		all = append(all, string(each))
	}
	return all
}
