package protocol

import (
	"crypto/sha1" //nolint:gosec // the name that Redis gives a script
	_ "embed"
	"encoding/hex"
)

// The protocol's rules are in the Lua scripts, each of which opens with its keys,
// its arguments and the rule it enforces. common.lua, orders.lua and
// standing.lua go in front of each of the others.
var (
	//go:embed scripts/common.lua
	commonLua string
	//go:embed scripts/orders.lua
	ordersLua string
	//go:embed scripts/standing.lua
	standingLua string
	//go:embed scripts/acquire.lua
	acquireLua string
	//go:embed scripts/renew.lua
	renewLua string
	//go:embed scripts/release.lua
	releaseLua string
	//go:embed scripts/read.lua
	readLua string
	//go:embed scripts/inspect.lua
	inspectLua string
	//go:embed scripts/steer.lua
	steerLua string
	//go:embed scripts/announce.lua
	announceLua string

	acquireScript  = newScript(acquireLua)
	renewScript    = newScript(renewLua).first()
	releaseScript  = newScript(releaseLua).first()
	readScript     = newScript(readLua)
	inspectScript  = newScript(inspectLua)
	steerScript    = newScript(steerLua)
	announceScript = newScript(announceLua)
)

// script is one of the protocol's.
type script struct {
	text   string
	hash   string // by which EVALSHA calls it
	urgent bool   // a lease that stands depends on it
}

func newScript(lua string) *script {
	text := commonLua + ordersLua + standingLua + lua
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return &script{text: text, hash: hex.EncodeToString(sum[:])}
}

func (s *script) first() *script {
	s.urgent = true
	return s
}
