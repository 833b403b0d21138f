//go:build linux || darwin

package belief

import (
	"encoding/json"
	"io"
	"os"
	"sync"
)

// Printer prints records, one a line. It is safe for concurrent use.
type Printer struct {
	mu  sync.Mutex
	out *json.Encoder
}

// NewPrinter returns one that prints to out, which the parent reads.
func NewPrinter(out io.Writer) *Printer { return &Printer{out: json.NewEncoder(out)} }

// Print prints a record, as of now if it has no moment. Where it can't, the process
// ends: nobody listens any more.
func (p *Printer) Print(record Record) {
	if record.At == 0 {
		record.At = Now()
	}
	p.mu.Lock()
	err := p.out.Encode(record)
	p.mu.Unlock()
	if err != nil {
		os.Exit(1)
	}
}
