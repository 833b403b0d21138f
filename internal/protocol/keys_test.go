package protocol

import (
	"slices"
	"strings"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

func TestF20KnownChecksums(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint16{"": 0, "123456789": 0x31C3, "A": 0x58E5} {
		if got := crc16(text); got != want {
			t.Errorf("crc16(%q) = %#x, want %#x", text, got, want)
		}
	}
	for key, want := range map[string]int{"foo": 12182, "bar": 5061, "{user1000}.following": slotOf("user1000"), "foo{}{bar}": int(crc16("foo{}{bar}") % slots), "foo{{bar}}zap": slotOf("{bar"), "foo{bar}{zap}": 5061} {
		if got := slotOf(key); got != want {
			t.Errorf("slotOf(%q) = %d, want %d", key, got, want)
		}
	}
}

// lockNames are names that people give, or could.
var lockNames = []string{
	"jobs", "maplefile:leader:lock", "{app}:lock", "{app}", "app", "lock:{app}", "a}b", "a{b", "{}", "}{", "{", "}", "",
	"{}:lock", "{}{app}", "{{app}}", "{{app}", "{app}}", "{app}{other}", "{a}b{c}", " ", "with spaces", "замок:鎖:🔒", "{замок}",
	"\x00\xff", "tab\tand\nnewline", strings.Repeat("x", 5000), strings.Repeat("}", 50), strings.Repeat("{", 50), "*", "?[a]",
}

func TestF20DerivedKeys(t *testing.T) {
	t.Parallel()
	for lock, lease := range map[string]string{
		"jobs":       "{jobs}:lease",
		"a{b":        "{a{b}:lease",
		"{app}:lock": "{app}:lock:lease",
		"lock:{app}": "lock:{app}}:lease",
		"{app}":      "{app}}:lease",
	} {
		if got := keysOf(lock).lease; got != lease {
			t.Errorf("the lease of %q is %q, want %q", lock, got, lease)
		}
	}
}

func TestF20NoTwoElectionsShareAKey(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, lock := range lockNames {
		k := keysOf(lock)
		for _, key := range append(k.list(), k.events) {
			if other, taken := owner[key]; taken {
				t.Errorf("%q is a key of both %q and %q", key, other, lock)
			}
			owner[key] = lock
		}
		if name, ok := ElectionOf(k.term); !ok || name != lock {
			t.Errorf("%.50q is the record of %.50q (%v), want %.50q", k.term, name, ok, lock)
		}
	}
	for _, key := range []string{"", ":term", "app:term", "app", "{app}:lease", "{}:term", "{app}x}:term"} {
		if name, ok := ElectionOf(key); ok && keysOf(name).term != key {
			t.Errorf("%q is taken for the record of %q, which is %q", key, name, keysOf(name).term)
		}
	}
}

func TestF20OneSlotByTheServersOwnCount(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t, redistest.WithConfig("cluster-enabled", "yes")).Client(t)
	for _, lock := range lockNames {
		var slots []int64
		for _, key := range keysOf(lock).list() {
			slot, err := client.ClusterKeySlot(t.Context(), key).Result()
			if err != nil {
				t.Fatal(err)
			}
			if slot != int64(slotOf(key)) {
				t.Errorf("slotOf(%.50q) = %d, Redis says %d", key, slotOf(key), slot)
			}
			slots = append(slots, slot)
		}
		if len(slices.Compact(slots)) != 1 {
			t.Errorf("the keys of %.50q lie in slots %v", lock, slots)
		}
	}
}
