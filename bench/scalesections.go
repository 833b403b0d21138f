package main

import "fmt"

func p999(v, _ []float64) string { return at(0.999, v) }
func most(v, _ []float64) string { return at(1, v) }

// atScale are the sections about many elections, and many candidates.
var atScale = []section{
	{
		title: "A hundred thousand elections in one process", picture: "scale.svg", timings: timingsOf(scaleSizes), perPeer: true,
		text: fmt.Sprintf(`One process starts them all in one loop, over one client and one store, and leads them all. A Redis that has been up for less than a LockTTL grants no lease; here it had been.
KiB are heap and stacks of each: in a process that leads them, in one that follows, and where each is observed for these figures. Late is a heartbeat by how much later it was sent than a HeartbeatInterval after the one before: target %v with the first, %v with the second.
Core is Redis's share of one processor core, by INFO; requests are what each election asks per second, scripts by EVALSHA. Busiest is how many heartbeats were sent in the busiest 100 ms, by the mean of all.
What failed: attempts to be elected, renewals, announcements of LeaderInfo, and terms that ended, from the start on.`, scaleSizes[0].target(), scaleSizes[1].target()),
		columns: []column{
			{"KiB: leads", "memory.leads", all}, {"follows", "memory.follows", all}, {"observed", "scale.memory", all}, {"goroutines", "goroutines.leads", all}, {"observed", "scale.goroutines", all}, {"connections", "scale.connections", all},
			{"all led after (s)", "scale.start", all},
			{"late: p50 (ms)", "scale.late", p50}, {"p99", "scale.late", p99}, {"p99.9", "scale.late", p999}, {"max", "scale.late", most},
			{"busiest", "scale.busiest", all}, {"requests/s", "scale.requests", all}, {"core (%)", "scale.core", all},
			{"failed: attempts", "scale.attempts", all}, {"renewals", "scale.renewals", all}, {"announcements", "scale.announcements", all}, {"terms", "scale.ended", all},
		},
	},
	{
		title: "Ten thousand candidates of one election", picture: "candidates-handover.svg", timings: timingsOf(candidateSizes), perPeer: true,
		text: fmt.Sprintf(`Of %s. Each candidate has a client of its own, as far as the machine lets a process open so many connections; beyond that some share one. The leader is a process of its own, the others share %d.
Requests per second are those when nothing happens, of all, and what each follower adds; INFO counted the commands that clients send (MONITOR would be more work for Redis than they are). Redis is its processor time per second for each candidate, in µs.
Handover is from when the leader is told to stop until another one's IsLeader is true, in ms, as its callback tells: target 250 ms, with ten thousand candidates too. Then the leader is killed: how long after its lease's end another leads.`, defaults.name, rivalProcesses),
		columns: []column{
			{"connections", "rivals.connections", all}, {"requests/s", "rivals.requests", all}, {"follower", "rivals.follower", all}, {"Redis (µs/s)", "rivals.busy", all},
			{"handover: p50", "rivals.handover", p50}, {"p99", "rivals.handover", p99}, {"max", "rivals.handover", most}, {"rounds", "rivals.handover", rounds},
			{"past the lease's end", "rivals.past", all},
		},
	},
	{
		title: "What ten thousand candidates ask when something happens", picture: "candidates-rush.svg", timings: timingsOf(candidateSizes), perPeer: true,
		text: `How many requests Redis gets in the first 250 ms, and in the first second, beyond what it gets in that time when nothing happens: after a release, median and highest, and after the end of a killed leader's lease. Less than nothing it is where who was woken asks later than he would have.
Then Redis is killed and started without its data while all are connected: the most requests in any 100 ms, and after how many seconds nearly all connections (95 %) were back and no more than half as many requests again as usual came within a retry interval.`,
		columns: []column{
			{"release: 250 ms", "rivals.release.rush", p50}, {"max", "rivals.release.rush", most}, {"1 s", "rivals.release.second", p50}, {"max", "rivals.release.second", most},
			{"expiry: 250 ms", "rivals.expiry.rush", all}, {"1 s", "rivals.expiry.second", all},
			{"restart: busiest 100 ms", "rivals.restart.peak", all}, {"settled after (s)", "rivals.restart.settled", all},
		},
	},
}

func timingsOf(sizes []size) []timing {
	all := make([]timing, 0, len(sizes))
	for _, each := range sizes {
		all = append(all, each.timing)
	}
	return all
}
