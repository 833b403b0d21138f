package doctor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx, cancel
}

// interrupting cancels once the script was executed whose comment begins so.
type interrupting struct {
	after  string
	cancel context.CancelFunc
	done   bool
}

func (i *interrupting) DialHook(next redis.DialHook) redis.DialHook { return next }

func (i *interrupting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if text, ok := cmd.Args()[1].(string); ok && cmd.Name() == "eval" && err == nil && strings.Contains(text, "-- "+i.after) {
			i.done = true
			i.cancel()
		}
		return err
	}
}

func (i *interrupting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
