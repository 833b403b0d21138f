package miniserver_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/leaderelection/internal/miniserver"
)

// answers collects what a session is sent.
type answers struct {
	mu   sync.Mutex
	text strings.Builder
}

func (a *answers) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.text.Write(b)
}

// take returns what has been sent since it was last called.
func (a *answers) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.text.Reset()
	return a.text.String()
}

func TestSessionsNeedNoNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := miniserver.New()
		defer s.Close()
		var asked, told answers
		writer, subscriber := s.Connect(&asked), s.Connect(&told)

		if !subscriber.Do([]byte("*2\r\n$9\r\nSUBSCRIBE\r\n$6\r\nevents\r\n")) {
			t.Fatal("the session had ended")
		}
		told.take()
		if !writer.Do([]byte("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*3\r\n$7\r\nPUBLISH\r\n$6\r\nevents\r\n$2\r\nhi\r\n")) {
			t.Fatal("the session had ended")
		}
		synctest.Wait()

		if got, want := asked.take(), "+OK\r\n$1\r\nv\r\n:1\r\n"; got != want {
			t.Errorf("three commands were answered with %q, want %q", got, want)
		}
		if got := told.take(); !strings.Contains(got, "hi") {
			t.Errorf("the subscriber was told %q", got)
		}
		subscriber.Close()
		writer.Do([]byte("*3\r\n$7\r\nPUBLISH\r\n$6\r\nevents\r\n$2\r\nho\r\n"))
		if got := asked.take(); got != ":0\r\n" {
			t.Errorf("a session that was closed still subscribes: PUBLISH answers %q", got)
		}

		s.RestartKeepingData()
		if writer.Do([]byte("*1\r\n$4\r\nPING\r\n")) {
			t.Error("a session outlived its server")
		}
		subscriber.Close() // a second time, and after the end
	})
}
