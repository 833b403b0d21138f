package leaderelection_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What is published for outside readers is no part of the election (P5): neither a
// heartbeat nor the end of a term waits for it.
func TestAnAnnouncementThatHangsDelaysNoStepDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given a leader that has just renewed its lease, and whose announcement of it hangs
		c, works := leadRecording(t)
		ctx := <-works
		c.link.breaks(c.link.hung, announce)
		pass(heartbeat)
		if len(c.link.sent(renew)) != 1 {
			t.Fatalf("%d renewals in the first heartbeat", len(c.link.sent(renew)))
		}

		// when it resigns
		began := time.Now()
		go func() { _ = c.Resign(context.Background()) }()
		<-ctx.Done()

		// then the work is told in the same moment
		if took := time.Since(began); took != 0 {
			t.Errorf("the work was told %v after the resignation", took)
		}
	})
}
