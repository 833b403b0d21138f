package protocol

import (
	"strconv"
	"strings"
)

// keys names everything that an election keeps in Redis, derived from its
// RedisKeyName so that all of it lies in that key's Cluster slot: a script may
// touch keys of one slot only (F20).
type keys struct {
	lock       string // RedisKeyName itself
	lease      string
	term       string
	history    string
	candidates string
	events     string // a channel
}

func keysOf(lock string) keys {
	base := baseOf(lock)
	return keys{
		lock:       lock,
		lease:      base + ":lease",
		term:       base + ":term",
		history:    base + ":history",
		candidates: base + ":candidates",
		events:     base + ":events",
	}
}

// channel is the one on which a candidate is woken; of an onlooker, with an empty id,
// the one on which all is told.
func (k keys) channel(id string) string {
	if id == "" {
		return k.events
	}
	return k.events + ":" + id
}

// list is KEYS of the scripts, in their order.
func (k keys) list() []string {
	return []string{k.lock, k.lease, k.term, k.history, k.candidates}
}

// baseOf returns what the derived names begin with.
//
//   - "app" is its own tag, in braces: "{app}:lease" hashes as "app" does.
//   - "{app}:lock" has a tag already, and whatever follows it doesn't matter. But
//     "{app}" would share its keys with "app", so a name that ends with a brace
//     gets another: "{app}}:lease".
//   - "", "a}b" and "{}" cannot be put in braces, since Redis takes a tag to end at the
//     first closing brace and an empty one for none. They get a number for a tag
//     that happens to lie in the same slot: "{7}a}b-}:lease", where the brace at the
//     end tells it from what an election named "{7}a}b" keeps.
func baseOf(lock string) string {
	if hashTag(lock) != lock {
		if strings.HasSuffix(lock, "}") {
			return lock + "}"
		}
		return lock
	}
	if lock != "" && !strings.Contains(lock, "}") {
		return "{" + lock + "}"
	}
	for slot, n := slotOf(lock), 0; ; n++ {
		if tag := strconv.Itoa(n); slotOf(tag) == slot {
			return "{" + tag + "}" + lock + "-}"
		}
	}
}

// hashTag returns the part of a key that decides its slot, as the Redis Cluster
// specification has it.
func hashTag(key string) string {
	if _, after, found := strings.Cut(key, "{"); found {
		if tag, _, closed := strings.Cut(after, "}"); closed && tag != "" {
			return tag
		}
	}
	return key
}

const slots = 16384

func slotOf(key string) int {
	return int(crc16(hashTag(key)) % slots)
}

// crc16 is CRC-16/XMODEM, which Redis Cluster hashes keys with.
func crc16(s string) uint16 {
	var crc uint16
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// RecordSuffix is what the name of an election's record ends with.
const RecordSuffix = ":term"

// ElectionOf returns the election whose record a key is; ok is false if the key is none's.
func ElectionOf(record string) (lock string, ok bool) {
	base, ok := strings.CutSuffix(record, RecordSuffix)
	if !ok {
		return "", false
	}
	names := []string{base, strings.TrimSuffix(base, "}")}
	if inner, ok := strings.CutPrefix(names[1], "{"); ok {
		names = append(names, inner) // "{app}"
		if _, tagged, ok := strings.Cut(inner, "}"); ok {
			names = append(names, strings.TrimSuffix(tagged, "-")) // "{7}a}b-}"
		}
	}
	for _, name := range names {
		if baseOf(name) == base {
			return name, true
		}
	}
	return "", false
}
