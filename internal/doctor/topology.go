package doctor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"example.com/leaderelection/internal/protocol"
)

// topology looks whether the client suits what is there, and whether that is whole.
func topology(ctx context.Context, e *exam, r *Result) {
	mode := e.info["redis_mode"]
	if mode == "" {
		r.warn("which kind of server it is, and whether a primary, is not known: INFO doesn't say", fmt.Sprintf(infoRemedy, e.user()))
	}
	if mode == "sentinel" {
		r.fail("this is a Sentinel, which keeps no data", "have the client ask Sentinel for the primary, or give the URL of Redis itself")
		return
	}
	switch {
	case e.isCluster():
		r.note("Cluster")
		clusterHealth(ctx, e, r)
		slots(e, r)
	case mode == "cluster" || e.info["cluster_enabled"] == "1":
		r.fail("a node of a Cluster, and the client asks it alone: it refuses keys of other slots (MOVED), and those of its own after a failover", "use a client of the Cluster: the address of one server is not enough")
	case e.asksSentinel():
		r.note("behind Sentinel")
		sentinels(ctx, e, r)
	case mode != "":
		r.note("one server")
	}
	switch e.info["role"] {
	case "slave":
		primary := net.JoinHostPort(e.info["master_host"], e.info["master_port"])
		r.fail("a replica (of "+primary+"): who leads may be news to it, so it refuses to tell and grants nothing", "connect to the primary, or by Sentinel or Cluster, whose clients find it")
	case "master":
		r.note("a primary")
	}
}

// clusterHealth is what the node says of its Cluster.
func clusterHealth(ctx context.Context, e *exam, r *Result) {
	text, err := e.node.ClusterInfo(ctx).Result()
	if err != nil {
		r.unknown("its state", err, fmt.Sprintf("let the user run CLUSTER INFO: ACL SETUSER %s +cluster|info", e.user()))
		return
	}
	state := fieldsOf(text)
	r.note("of %s primaries", state["cluster_size"])
	if state["cluster_state"] != "ok" {
		r.fail("its state is "+state["cluster_state"], "see with CLUSTER NODES which nodes are missing")
	}
	if missing := protocol.Slots - int(atoi(state["cluster_slots_ok"])); missing > 0 {
		r.warn(fmt.Sprintf("%d slots have no node that works", missing), "see with redis-cli --cluster check which, and repair them")
	}
	config, err := e.config(ctx, "cluster-*")
	if err != nil {
		r.unknown("how long it takes to fail over", err, "see that cluster-node-timeout is below LockTTL/3")
		return
	}
	if config["cluster-require-full-coverage"] == "yes" {
		r.note("cluster-require-full-coverage is yes: one shard without a primary stops the elections on all")
	}
	if timeout := time.Duration(atoi(config["cluster-node-timeout"])) * time.Millisecond; timeout > e.Config.LockTTL/3 {
		r.warn(fmt.Sprintf("cluster-node-timeout is %v, above a third of the TTL (%v): leaders lose their terms in a failover", timeout, e.Config.LockTTL), "lower cluster-node-timeout, or lengthen the TTL")
	}
}

// slots says where the keys lie. Scripts may touch keys of one slot only; of the info
// key there is a script of its own.
func slots(e *exam, r *Result) {
	slot := protocol.SlotOf(e.names.Lock)
	for _, key := range e.names.Keys() {
		if protocol.SlotOf(key) != slot {
			r.fail(fmt.Sprintf("%q lies in another slot than %q", key, e.names.Lock), "use another name for the election: this is a defect of the library")
		}
	}
	r.note("all keys of the election lie in slot %d", slot)
	if other := protocol.SlotOf(e.Config.RedisInfoKeyName); other != slot {
		r.note("the info key in %d, which is fine: it is written apart", other)
	}
}

func atoi(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
