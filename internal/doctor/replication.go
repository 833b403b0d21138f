package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// replication says what a failover may lose, and for how long two may lead: docs/redis.md
// has the arithmetic (F14).
func replication(ctx context.Context, e *exam, r *Result) {
	if _, told := e.info["connected_slaves"]; !told {
		r.warn("not known: "+e.infoIsSilent(), fmt.Sprintf(infoRemedy, e.user()))
		return
	}
	if e.info["role"] == "slave" {
		replicaLink(e, r)
		return
	}
	replicas := e.number("connected_slaves")
	config, err := e.config(ctx, "min-replicas-*")
	if err == nil {
		tooFew(e, r, atoi(config["min-replicas-to-write"]), replicas)
	}
	if replicas == 0 {
		r.note("no replica: no failover loses anything; while Redis is down, nobody new leads")
		return
	}
	r.note("%d replica(s)", replicas)
	lagging(e, r, replicas)
	overlap(ctx, e, r, config, err)
}

// tooFew is when Redis refuses to write.
func tooFew(e *exam, r *Result, needed, replicas int64) {
	good := replicas
	if told, ok := e.info["min_slaves_good_slaves"]; ok {
		good = atoi(told)
	}
	if good < needed {
		r.fail(fmt.Sprintf("min-replicas-to-write is %d, and %d are there: Redis refuses writes (NOREPLICAS), so nobody is elected", needed, good), "start the replicas that are missing")
	}
}

// tooLate is a lag of a replica that is not in order: it acknowledges every second.
const tooLate = 2

// lagging looks at each replica.
func lagging(e *exam, r *Result, replicas int64) {
	for n := range replicas {
		fields := make(map[string]string)
		for part := range strings.SplitSeq(e.info[fmt.Sprintf("slave%d", n)], ",") {
			name, value, _ := strings.Cut(part, "=")
			fields[name] = value
		}
		addr := fields["ip"] + ":" + fields["port"]
		switch {
		case fields["state"] != "online":
			r.warn(fmt.Sprintf("%s is not in step (%s)", addr, fields["state"]), "wait until it has the data, or see in its log why not")
		case atoi(fields["lag"]) > tooLate:
			r.warn(fmt.Sprintf("%s was last heard of %s s ago", addr, fields["lag"]), "see whether that replica or its network is in order")
		}
	}
}

// overlap is for how long an old primary that is cut off together with its leader goes on
// to confirm it, while the other side elects another.
func overlap(ctx context.Context, e *exam, r *Result, config map[string]string, err error) {
	const acks = "In Go, redisstore.WithReplicaAcks(n, 0) rules it out, with n = replicas - 1 and at least 1"
	const settings = "CONFIG SET min-replicas-to-write 1 and min-replicas-max-lag 1 on every server that may become the primary"
	switch lag := atoi(config["min-replicas-max-lag"]); {
	case err != nil:
		r.unknown("min-replicas-to-write", err, fmt.Sprintf("look at it in redis.conf, or ACL SETUSER %s +config|get. %s", e.user(), acks))
	case atoi(config["min-replicas-to-write"]) > 0 && lag == 1:
		r.note("an old primary that is cut off refuses writes within 3 s (min-replicas-to-write)")
	case atoi(config["min-replicas-to-write"]) > 0 && lag > 0:
		r.warn(fmt.Sprintf("a primary that is cut off with its leader goes on for up to %d s (min-replicas-max-lag): two may lead for so long, less the failover and the margin", lag+2), "CONFIG SET min-replicas-max-lag 1. "+acks)
	case e.isCluster():
		clusterOverlap(ctx, e, r, acks)
	default:
		r.warn("a primary that is cut off with its leader goes on to confirm it while another is elected: two lead until it is demoted, unless the program uses WithReplicaAcks", settings+". "+acks)
	}
}

// clusterOverlap: a primary of a Cluster that is cut off from most of the others may
// notice that half a cluster-node-timeout later than they replace it.
func clusterOverlap(ctx context.Context, e *exam, r *Result, acks string) {
	config, err := e.config(ctx, "cluster-node-timeout")
	if err != nil {
		r.unknown("for how long two may lead through a partition", err, "see that cluster-node-timeout is 3000 or less. "+acks)
		return
	}
	timeout := time.Duration(atoi(config["cluster-node-timeout"])) * time.Millisecond
	if both := timeout/2 - 500*time.Millisecond - e.margin(); both > 0 {
		r.warn(fmt.Sprintf("with a cluster-node-timeout of %v two may lead for up to %v, when a primary is cut off with its leader", timeout, both), "lower cluster-node-timeout. "+acks)
		return
	}
	r.note("a primary that is cut off refuses writes before another leader is elected (cluster-node-timeout %v)", timeout)
}

// replicaLink is all that there is to say of a replica.
func replicaLink(e *exam, r *Result) {
	if e.info["master_link_status"] != "up" {
		r.warn("this replica has lost its primary", "see whether the primary runs, and in the replica's log why not")
		return
	}
	r.note("this is a replica, in step with its primary")
}
