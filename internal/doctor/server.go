package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

const infoRemedy = "let the user run INFO: ACL SETUSER %s +info"

// server says which server it is, beside what docs/redis.md has of it.
func server(_ context.Context, e *exam, r *Result) {
	if e.infoErr != nil {
		r.unknown("which server it is", e.infoErr, fmt.Sprintf(infoRemedy, e.user()))
		return
	}
	version := e.info["redis_version"]
	name, own := kindOf(e.info)
	if own != "" {
		r.note("%s %s, which speaks for Redis %s", name, own, version)
	} else {
		r.note("%s %s", name, version)
	}
	switch major, minor, ok := majorMinor(version); {
	case !ok:
		r.warn("it doesn't tell a version", "see in docs/redis.md what is needed")
	case major < 6 || major == 6 && minor < 2:
		r.fail("elections need 6.2", "upgrade Redis")
	case e.info["role"] == "active-replica":
		r.fail("with active replication it has two histories, and two leaders", "turn active-replica off")
	case name != "Redis" && name != "Valkey" && name != "KeyDB":
		r.warn("a reimplementation, on which elections were never tried", "see that the checks below are OK, and in docs/redis.md what else is needed")
	case name == "Redis" && major == 7 && minor == 0:
		r.note("that is what elections are tested on")
	default:
		r.note("it has what elections need by its own documentation; they are tested on Redis 7.0")
	}
}

// kinds are the servers that say in INFO what they are.
var kinds = []struct{ field, name string }{
	{"valkey_version", "Valkey"},
	{"dragonfly_version", "Dragonfly"},
	{"kvrocks_version", "Kvrocks"},
	{"garnet_version", "Garnet"},
}

// kindOf returns which server it is, and its own version if that isn't Redis's.
func kindOf(info map[string]string) (name, version string) {
	for _, kind := range kinds {
		if version := info[kind.field]; version != "" {
			return kind.name, version
		}
	}
	if strings.Contains(info["executable"], "keydb") {
		return "KeyDB", ""
	}
	return "Redis", ""
}

func majorMinor(version string) (major, minor int, ok bool) {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, majorErr := strconv.Atoi(first)
	minor, minorErr := strconv.Atoi(second)
	return major, minor, majorErr == nil && minorErr == nil
}
