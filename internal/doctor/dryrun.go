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
	n := e.names
	commands := [][]any{
		{"TIME"}, {"INFO"}, {"PUBLISH", n.Events, ""}, {"SUBSCRIBE", n.Events}, {"UNSUBSCRIBE", n.Events},
		{"HMGET", n.Term, "term"}, {"HSET", n.Term, "term", "1"}, {"HDEL", n.Term, "term"}, {"EXISTS", n.Term}, {"PTTL", n.Term}, {"PEXPIRE", n.Term, "1"},
		{"XADD", n.History, "*", "event", "end"}, {"XREVRANGE", n.History, "+", "-"}, {"PEXPIRE", n.History, "1"},
		{"ZADD", n.Candidates, "1", "id"}, {"ZREM", n.Candidates, "id"}, {"ZCARD", n.Candidates}, {"ZREMRANGEBYSCORE", n.Candidates, "0", "1"},
		{"ZREVRANGEBYSCORE", n.Candidates, "1", "0"}, {"PEXPIRE", n.Candidates, "1"},
		{"GET", e.Config.RedisInfoKeyName}, {"SET", e.Config.RedisInfoKeyName, "", "PX", "1"}, {"DEL", e.Config.RedisInfoKeyName},
	}
	for _, key := range []string{n.Lock, n.Lease} {
		commands = append(commands, []any{"GET", key}, []any{"SET", key, "id", "PX", "1"}, []any{"DEL", key}, []any{"PTTL", key}, []any{"PEXPIRE", key, "1"})
	}
	return commands
}
