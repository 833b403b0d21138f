package rueidisstore

import (
	"strings"
	"testing"

	"example.com/leaderelection"
)

func TestCheckRefusesNoClient(t *testing.T) {
	t.Parallel()
	if _, err := leaderelection.New(New(nil), nil); err == nil || !strings.Contains(err.Error(), "needs a client") {
		t.Errorf("New returned %v, want an error that says that it needs a client", err)
	}
}
