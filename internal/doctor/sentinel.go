package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// sentinels asks the first one that answers how many there are, and what they would do.
func sentinels(ctx context.Context, e *exam, r *Result) {
	if e.Sentinel == nil {
		r.warn("how many Sentinels there are is not known: they were not asked", "see with SENTINEL MASTER and SENTINEL CKQUORUM that a failover is possible")
		return
	}
	errs := []error{errors.New("no address of any is known")}
	for _, addr := range e.Sentinel.SentinelAddrs {
		var found map[string]string
		var quorum, err error
		e.within(ctx, checkTime/2, func(ctx context.Context) bool {
			found, quorum, err = askSentinel(ctx, e.Sentinel, addr)
			return true
		})
		if err == nil {
			judgeSentinels(e, r, found, quorum)
			return
		}
		errs = append(errs, err)
	}
	r.unknown("what Sentinel would do", errs[len(errs)-1], "let the Sentinel user run SENTINEL")
}

func askSentinel(ctx context.Context, o *redis.FailoverOptions, addr string) (primary map[string]string, quorum, err error) {
	sentinel := redis.NewSentinelClient(&redis.Options{
		Addr: addr, Username: o.SentinelUsername, Password: o.SentinelPassword,
		Dialer: o.Dialer, TLSConfig: o.TLSConfig, ContextTimeoutEnabled: true, MaxRetries: -1,
	})
	defer func() { _ = sentinel.Close() }()
	if primary, err = sentinel.Master(ctx, o.MasterName).Result(); err != nil {
		return nil, nil, err
	}
	return primary, sentinel.CkQuorum(ctx, o.MasterName).Err(), nil
}

func judgeSentinels(e *exam, r *Result, primary map[string]string, quorum error) {
	others := atoi(primary["num-other-sentinels"])
	r.note("%d Sentinels, a quorum of %s", others+1, primary["quorum"])
	if others+1 < 3 {
		r.warn("with fewer than three Sentinels, the loss of one ends failovers", "run three, on machines of their own")
	}
	if quorum != nil {
		r.warn("a failover is not possible now: "+reason(quorum), "start the Sentinels that are missing")
	}
	if down := time.Duration(atoi(primary["down-after-milliseconds"])) * time.Millisecond; down > e.Config.LockTTL/3 {
		r.warn(fmt.Sprintf("down-after-milliseconds is %v, above a third of the TTL (%v): leaders lose their terms in a failover", down, e.Config.LockTTL),
			fmt.Sprintf("SENTINEL SET %s down-after-milliseconds %d on each, or lengthen the TTL", e.Sentinel.MasterName, (e.Config.LockTTL/3).Milliseconds()))
	}
}
