package redisstore

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

// The protocol's rules are in the Lua scripts, each of which opens with its keys,
// its arguments and the rule it enforces. common.lua goes in front of each.
var (
	//go:embed scripts/common.lua
	commonLua string
	//go:embed scripts/acquire.lua
	acquireLua string
	//go:embed scripts/renew.lua
	renewLua string
	//go:embed scripts/release.lua
	releaseLua string
	//go:embed scripts/read.lua
	readLua string
	//go:embed scripts/announce.lua
	announceLua string

	acquireScript  = redis.NewScript(commonLua + acquireLua)
	renewScript    = redis.NewScript(commonLua + renewLua)
	releaseScript  = redis.NewScript(commonLua + releaseLua)
	readScript     = redis.NewScript(commonLua + readLua)
	announceScript = redis.NewScript(commonLua + announceLua)
)
