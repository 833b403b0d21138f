// Package latewriter plays what a fence is for, with real processes and a real
// redis-server: a leader checks that it leads, is paused before it writes, and
// goes on when another one leads and has written. What is written to, and whether
// through a fence, is up to the test.
package latewriter
