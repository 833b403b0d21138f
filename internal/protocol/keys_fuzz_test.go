package protocol

import (
	"slices"
	"strings"
	"testing"
)

// slotByTheSpecification is computed as the Redis Cluster specification does it,
// by a table and by positions, which is not how keys.go goes about it. What Redis
// itself says of the names is TestF20OneSlotByTheServersOwnCount's business.
func slotByTheSpecification(key string) int {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if length := strings.IndexByte(key[open+1:], '}'); length > 0 {
			key = key[open+1 : open+1+length]
		}
	}
	crc := uint16(0)
	for _, b := range []byte(key) {
		crc = crc<<8 ^ crc16Table[byte(crc>>8)^b]
	}
	return int(crc) & 0x3fff
}

var crc16Table = func() (table [256]uint16) {
	for i := range table {
		remainder := uint32(i) << 8
		for range 8 {
			remainder <<= 1
			if remainder > 0xffff {
				remainder ^= 0x11021 // x^16 + x^12 + x^5 + 1
			}
		}
		table[i] = uint16(remainder)
	}
	return table
}()

func all(k keys) []string { return append(k.list(), k.events) }

// FuzzKeysOf (F20).
func FuzzKeysOf(f *testing.F) {
	for i, lock := range lockNames {
		f.Add(lock, lockNames[(i+1)%len(lockNames)])
		f.Add(lock, lock+"}")
		f.Add(lock, "{"+lock+"}")
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		k := keysOf(one)
		names := all(k)
		if k.lock != one {
			t.Errorf("%q became %q", one, k.lock)
		}
		for _, name := range names {
			if got, want := slotByTheSpecification(name), slotByTheSpecification(one); got != want {
				t.Errorf("%q lies in slot %d, %q in %d", name, got, one, want)
			}
			if slotOf(name) != slotByTheSpecification(name) {
				t.Errorf("slotOf(%q) = %d, want %d", name, slotOf(name), slotByTheSpecification(name))
			}
		}
		if slices.Sort(names); len(slices.Compact(names)) != len(all(k)) {
			t.Errorf("of %q two keys are the same: %q", one, names)
		}

		// The names that come nearest to sharing a key are those that one's own keys
		// are made of.
		base := strings.TrimSuffix(k.lease, ":lease")
		for _, rival := range []string{other, base, strings.TrimSuffix(base, "}"), strings.TrimPrefix(base, "{"), strings.Trim(base, "{}")} {
			if rival != one {
				shareNothing(t, k, keysOf(rival))
			}
		}
	})
}

// shareNothing leaves out the lock's own name: somebody may call an election
// "{jobs}:lease", and what that does to "jobs" shows as rubbish (F36).
func shareNothing(t *testing.T, one, other keys) {
	t.Helper()
	for _, name := range all(one)[1:] {
		if slices.Contains(all(other)[1:], name) {
			t.Errorf("%q is a key of both %q and %q", name, one.lock, other.lock)
			return
		}
	}
}
