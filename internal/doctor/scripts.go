package doctor

import (
	"context"
	"fmt"
	"strings"
)

// scripts looks whether Redis executes any. SCRIPT is not needed: what Redis doesn't know
// by its hash is sent as text (F19).
func scripts(ctx context.Context, e *exam, r *Result) {
	const unknownHash = "0000000000000000000000000000000000000000"
	for _, attempt := range []struct {
		command string
		err     error
	}{
		{"EVALSHA", e.node.EvalSha(ctx, unknownHash, []string{e.names.Lock}).Err()},
		{"EVAL", e.node.Eval(ctx, "return 1", []string{e.names.Lock}).Err()},
	} {
		switch err := attempt.err; {
		case err == nil, strings.Contains(err.Error(), "NOSCRIPT"):
			r.note("%s is permitted", attempt.command)
		case saysOfRedis(err):
			r.fail(attempt.command+" is refused: "+reason(err), fmt.Sprintf("grant it, and the keys of the election: the ACL line in docs/redis.md, with %s for elector. What is renamed in redis.conf can't be used", e.user()))
		default:
			r.unknown("whether "+attempt.command+" is permitted", err, "try again")
		}
	}
}

// infoScript is INFO as the election's scripts ask it. An answer that begins with a dash
// is an error.
const infoScript = `
local found = {}
for i, section in ipairs(ARGV) do
  local text = redis.pcall('INFO', section)
  if type(text) ~= 'string' then text = '-' .. text.err end
  found[i] = text
end
return found`

// signs are what scripts read of INFO to notice that Redis has lost its memory: see
// server, may_have_forgotten and look in common.lua.
var signs = []struct{ section, text, lost string }{
	{"server", "run_id:", "that Redis lost its data is noticed only by candidates that have seen a term"},
	{"server", "uptime_in_seconds:", "a first election always waits for one TTL"},
	{"replication", "master_replid:", "a primary that was demoted and promoted again passes for the one it was"},
	{"replication", "master_replid2:", "a first election after a failover doesn't wait for leases that may have been lost"},
	{"replication", "role:", "a replica is not told from a primary when it is asked who leads"},
	{"stats", "evicted_keys:", "a first election doesn't wait for leases that may have been evicted"},
	{"commandstats", "cmdstat_", "a first election doesn't wait for leases that FLUSHALL may have taken"},
}

// infoInScripts looks what the scripts are told: less than a client, on some services.
func infoInScripts(ctx context.Context, e *exam, r *Result) {
	sections := []any{"server", "replication", "stats", "commandstats"}
	texts, err := e.node.Eval(ctx, infoScript, []string{e.names.Lock}, sections...).StringSlice()
	if err != nil || len(texts) != len(sections) {
		if err == nil {
			err = fmt.Errorf("the script answered with %d texts", len(texts))
		}
		r.unknown("what scripts are told by INFO", err, "see the check of scripts")
		return
	}
	of := make(map[any]string, len(sections))
	for i, section := range sections {
		of[section] = texts[i]
	}
	remedy := fmt.Sprintf(infoRemedy, e.user())
	if refusal, refused := strings.CutPrefix(texts[0], "-"); refused {
		r.warn("scripts may not use it ("+refusal+"): "+signs[0].lost, remedy)
		return
	}
	missing := 0
	for _, sign := range signs {
		if !strings.Contains(of[sign.section], sign.text) {
			missing++
			r.warn(fmt.Sprintf("without %s, %s", strings.TrimRight(sign.text, ":_"), sign.lost), remedy)
		}
	}
	if missing == 0 {
		r.note("scripts are told all by which they notice that Redis lost its memory")
	}
}
