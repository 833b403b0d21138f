package miniserver

import (
	"sync"

	"github.com/alicebob/miniredis/v2/server"
)

// faults are what a test has asked the server to do wrong.
type faults struct {
	mu         sync.Mutex
	message    string // answers every command, unless it is ""
	refuseInfo bool
	maskInfo   bool
	suspended  int // while the server itself asks something
}

// answer answers the command with an error, if it is to fail.
func (f *faults) answer(peer *server.Peer) bool {
	f.mu.Lock()
	message := f.message
	if f.suspended > 0 {
		message = ""
	}
	f.mu.Unlock()
	if message == "" {
		return false
	}
	peer.WriteError(message)
	return true
}

func (f *faults) refusesInfo() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refuseInfo
}

func (f *faults) masksInfo() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.maskInfo
}

func (f *faults) setMaskInfo(mask bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maskInfo = mask
}

func (f *faults) setError(message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.message = message
}

func (f *faults) setRefuseInfo(refuse bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuseInfo = refuse
}

// suspend lets everything through until the returned function is called. It can't
// be told from inside the hook whose script a command belongs to.
func (f *faults) suspend() (resume func()) {
	f.add(1)
	return func() { f.add(-1) }
}

func (f *faults) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.suspended += n
}
