// Package belief finds out whether two processes ever believed to lead at the
// same moment.
//
// Each process asks its own election, in a tight loop, whether it leads, and
// prints the answers as JSON lines (Record), run-length encoded (Sampler). The
// parent collects the lines of all of them (History) and judges them (Judge).
// All times are of the machine's monotonic clock, which its processes share and
// which goes on while one of them is paused.
//
// The judge must not cry wolf: a process can be paused between reading the
// clock and asking. So a belief counts from the moment *after* its first true
// answer to the moment *before* its last one. What is reported as an overlap
// was one.
package belief
