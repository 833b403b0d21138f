package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for as short as it is told to. time.Sleep does not: an idle program
// waits in epoll, which counts in milliseconds.
func nap(d time.Duration) {
	span := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&span, nil) // an interrupted nap is a short one
}
