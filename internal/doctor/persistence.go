package doctor

import (
	"context"
	"fmt"
)

// persistence says what a restart costs. Leases need none: data that was lost is noticed
// and waited out.
func persistence(ctx context.Context, e *exam, r *Result) {
	aof, told := e.info["aof_enabled"]
	if !told {
		r.warn("not known: "+e.infoIsSilent(), fmt.Sprintf(infoRemedy, e.user()))
		return
	}
	costs := fmt.Sprintf("after any restart nobody new leads for one TTL (%v), a leader leads on", e.Config.LockTTL)
	snapshots, err := e.config(ctx, "save")
	switch {
	case aof == "1":
		r.note("AOF: a restart loses the last second or less; %s", costs)
	case err != nil:
		r.note("no AOF; %s, and without snapshots the history is lost", costs)
		r.unknown("whether snapshots are taken", err, fmt.Sprintf("look at save in redis.conf, or ACL SETUSER %s +config|get", e.user()))
	case snapshots["save"] == "":
		r.note("none: a restart loses the history; %s, and terms go on from the time of day", costs)
	default:
		r.note("snapshots (save %s): a restart loses what came since; %s", snapshots["save"], costs)
	}
	if e.info["rdb_last_bgsave_status"] == "err" {
		r.warn("the last snapshot failed: Redis refuses writes until one succeeds (MISCONF), by default", "see in Redis's log why: a full disk, most often")
	}
	if aof == "1" && e.info["aof_last_write_status"] == "err" {
		r.warn("writing the AOF failed: Redis refuses writes until it succeeds (MISCONF)", "see in Redis's log why: a full disk, most often")
	}
}
