package redisfence

import (
	"context"
	_ "embed"
	"errors"
	"strconv"
	"strings"

	"example.com/leaderelection/fence"
	"github.com/redis/go-redis/v9"
)

//go:embed scripts/fence.lua
var fenceLua string

// Script is Lua that runs behind a fence: for all writes but the simplest. Make it
// once, by NewScript. It is safe for concurrent use.
type Script struct {
	script  *redis.Script
	shebang bool
}

// NewScript makes a Script of Lua as EVAL takes it. It finds its own KEYS and ARGV
// only; lines in Redis' error messages are counted from the top of
// scripts/fence.lua, which goes in front. A shebang line (#!lua) is refused by Run,
// since it could then not stand first.
func NewScript(source string) *Script {
	return &Script{script: redis.NewScript(fenceLua + source), shebang: strings.HasPrefix(source, "#!")}
}

// Run runs the script, as go-redis' Script.Run does, unless ctx's term is lower than
// the highest that the guard's fence has seen: checked, run and written as one step.
//
// The result's error is that of Guard.Check, or the script's own, redis.Nil
// included. A script that fails in the middle leaves behind what it had written, as
// every script in Redis.
func (s *Script) Run(ctx context.Context, guard *Guard, keys []string, args ...any) *redis.Cmd {
	term, err := fence.Term(ctx)
	if err == nil {
		err = guard.check(keys)
	}
	if err == nil && s.shebang {
		err = errors.New("redisfence: the script begins with a shebang line: leave it out, the fence goes in front")
	}
	if err != nil {
		refused := redis.NewCmd(ctx)
		refused.SetErr(err)
		return refused
	}
	allKeys := append(append(make([]string, 0, len(keys)+1), keys...), guard.key)
	allArgs := append(append(make([]any, 0, len(args)+1), args...), strconv.FormatInt(term, 10))
	cmd := s.script.Run(ctx, guard.client, allKeys, allArgs...)
	if err := cmd.Err(); err != nil {
		cmd.SetErr(guard.explain(err, keys, term))
	}
	return cmd
}
