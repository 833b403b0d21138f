// Package guardian ends a command before the lease ends that it runs under, also when
// the process that holds the lease cannot: because it was killed, or is frozen.
//
// A Guardian is a small process between the two. It starts the command, and is told
// again and again until when that may live. When nothing is heard, it acts at that
// time by itself. It adopts whatever loses its parent below it (on Linux), so that
// what has left the command's process group, or was started by what has ended, ends
// with the command too (F31).
//
// It is in a process group of its own: a signal that is sent to the group of its parent
// (ctrl-Z, kill -STOP -PGID) does not freeze it together with that. What freezes or
// kills both at once, and spares the command, leaves nobody who could end it.
package guardian
