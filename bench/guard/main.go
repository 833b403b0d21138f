// Command guard makes of what the benchmarks of the hot paths have measured figures
// that another machine can be held to: times become multiples of a reference that ran
// just before. It reads and writes the output of go test -bench; see make guard.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := convert(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}
