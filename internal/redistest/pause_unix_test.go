//go:build unix

package redistest_test

import (
	"context"
	"testing"
	"time"

	"example.com/leaderelection/internal/redistest"
)

func TestPausedServerAnswersOnceResumed(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	client.Ping(t.Context())

	server.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("a paused server answers")
	}
	server.Resume()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}

	server.Pause()
	server.Kill()
	expectRefusal(t, server.Addr())
}
