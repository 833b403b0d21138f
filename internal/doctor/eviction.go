package doctor

import (
	"context"
	"fmt"
	"strings"
)

// eviction looks whether Redis may throw leases away. Those that are gone come back with
// the next renewal, and whoever finds none waits, as long as the number of evictions
// tells that there may have been one (F15).
func eviction(_ context.Context, e *exam, r *Result) {
	policy, limited := e.info["maxmemory_policy"], e.number("maxmemory") > 0
	if policy == "" {
		r.warn("maxmemory and its policy are not known: "+e.infoIsSilent(), fmt.Sprintf(infoRemedy, e.user()))
		return
	}
	const remedy = "CONFIG SET maxmemory-policy noeviction, or give elections a Redis of their own"
	switch {
	case !limited:
		r.note("maxmemory is not set: nothing is evicted")
	case policy == "noeviction":
		r.note("%s: nothing is evicted, and elections go on when maxmemory is reached", policy)
	case strings.HasPrefix(policy, "allkeys-"):
		r.warn(policy+" may evict any key at maxmemory, the three of a lease too", remedy)
	case policy == "volatile-ttl":
		r.warn(policy+" evicts at maxmemory what expires next: leases, before all else", remedy)
	default:
		r.warn(policy+" may evict at maxmemory what has an expiry, as leases have", remedy)
	}
	evicted, told := e.info["evicted_keys"]
	switch {
	case limited && policy != "noeviction" && !told:
		r.fail("INFO doesn't tell of evictions: a lease that was evicted would be granted to somebody else", remedy)
	case told && evicted != "0":
		r.warn(evicted+" keys were evicted since Redis started: it may have forgotten a lease, so a first election waits for one TTL", remedy)
	}
}

// infoIsSilent is why something is not known that INFO tells.
func (e *exam) infoIsSilent() string {
	if e.infoErr != nil {
		return reason(e.infoErr)
	}
	return "INFO doesn't say"
}
