package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// asksInstead asks Redis whether leading is permitted where it can't be tried, since the ACL
// names each key of the election and none beside them.
func (e *exam) asksInstead(ctx context.Context, r *Result, remedy string) {
	switch lacks, err := e.dryRun(ctx); {
	case err != nil:
		r.unknown("reading is permitted, but whether leading is", err,
			fmt.Sprintf("permit keys beside the election's, as docs/redis.md does (~%s*), or ACL SETUSER %s +acl|dryrun", strings.TrimSuffix(e.names.Lease, "lease"), e.user()))
	case len(lacks) > 0:
		r.fail("nobody can lead: "+strings.Join(lacks, "; "), remedy)
	default:
		r.note("all that an election does is permitted, says ACL DRYRUN")
	}
}

// dryRun asks Redis 7 what the user lacks of the permissions for the election's own keys.
func (e *exam) dryRun(ctx context.Context) (lacks []string, err error) {
	for _, words := range e.everyCommand() {
		answer, err := e.node.Do(ctx, append([]any{"ACL", "DRYRUN", e.user()}, words...)...).Text()
		if err != nil {
			return nil, err
		}
		if answer != "OK" && !slices.Contains(lacks, answer) {
			lacks = append(lacks, answer)
		}
	}
	return lacks, nil
}

// everyCommand is what the scripts do, each with the key that they do it to.
func (e *exam) everyCommand() [][]any {
	n, shown := e.names, e.Config.RedisInfoKeyName
	return [][]any{
		{"TIME"}, {"INFO"}, {"PUBLISH", n.Events, ""}, {"SUBSCRIBE", n.Events}, {"UNSUBSCRIBE", n.Events},
		{"GET", n.Lock}, {"SET", n.Lock, "id", "PX", "1"}, {"DEL", n.Lock}, {"PTTL", n.Lock}, {"PEXPIRE", n.Lock, "1"},
		{"GET", n.Lease}, {"SET", n.Lease, "id", "PX", "1"}, {"DEL", n.Lease}, {"PTTL", n.Lease}, {"PEXPIRE", n.Lease, "1"},
		{"HMGET", n.Term, "term"}, {"HSET", n.Term, "term", "1"}, {"HDEL", n.Term, "term"}, {"EXISTS", n.Term}, {"PTTL", n.Term}, {"PEXPIRE", n.Term, "1"},
		{"XADD", n.History, "*", "event", "end"}, {"XREVRANGE", n.History, "+", "-"}, {"PEXPIRE", n.History, "1"},
		{"ZADD", n.Candidates, "1", "id"}, {"ZREM", n.Candidates, "id"}, {"ZCARD", n.Candidates}, {"ZREMRANGEBYSCORE", n.Candidates, "0", "1"},
		{"ZREVRANGEBYSCORE", n.Candidates, "1", "0"}, {"PEXPIRE", n.Candidates, "1"},
		{"GET", shown}, {"SET", shown, "", "PX", "1"}, {"DEL", shown},
	}
}
