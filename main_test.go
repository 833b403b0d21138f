package leaderelection_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine outlives the tests, and so none outlives Start.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
