package doctor

import (
	"context"
	"fmt"
	"time"

	"example.com/leaderelection"
)

// election says how it stands, after all that was done.
func election(ctx context.Context, e *exam, r *Result) {
	now, err := e.store.Inspect(ctx, e.Config.RedisKeyName, 0)
	if err != nil {
		r.unknown("who leads", err, "see the other checks")
		return
	}
	switch {
	case now.Leader != nil && now.Leader.Term == 0:
		r.note("%q is held by %q, which has no terms", e.Config.RedisKeyName, now.Leader.InstanceID)
	case now.Leader != nil:
		r.note("%q is led by %q, in term %d", e.Config.RedisKeyName, now.Leader.InstanceID, now.Leader.Term)
	case now.Verdict == leaderelection.Quarantined:
		r.warn(fmt.Sprintf("nobody leads %q, and nobody may for %v yet: Redis may have forgotten a lease", e.Config.RedisKeyName, short(now.Remaining)), "nothing: it passes")
	case now.Term == 0:
		r.note("nobody has led %q yet", e.Config.RedisKeyName)
	default:
		r.note("nobody leads %q; the last term was %d", e.Config.RedisKeyName, now.Term)
	}
	if now.Pause != nil {
		r.warn(fmt.Sprintf("nobody is elected: %q has had it paused since %s", now.Pause.By, now.Pause.Since.UTC().Format(time.DateTime)), "leader resume, once that is over")
	}
	if others := len(now.Present); others > 0 {
		r.note("candidates beside the leader: %d", others)
	}
	if now.Warning != "" {
		r.warn(now.Warning, "see the check of info")
	}
}
