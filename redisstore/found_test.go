package redisstore_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// found is what a script may find under a key. Its first byte says of what type it
// is, its second what expiry it has; the rest is its content:
//
//	"-"            nothing
//	"s.text"       a string          ". " none, "h" an hour, "y" a century
//	"h.a=1\nb=2"   a hash, of one field for each line
//	"l.x" "S.x" "z.x" "x.x"  a list, a set, a sorted set, a stream of x
type found string

func (f found) kind() byte {
	if len(f) < 2 || !strings.ContainsRune("shlSzx", rune(f[0])) {
		return '-'
	}
	return f[0]
}

func (f found) content() string { return string(f[2:]) }

// fields is what a hash has.
func (f found) fields() map[string]string {
	fields := make(map[string]string)
	if f.kind() == 'h' {
		for line := range strings.SplitSeq(f.content(), "\n") {
			name, value, _ := strings.Cut(line, "=")
			fields[name] = value
		}
	}
	return fields
}

// put has the server hold it.
func (f found) put(t *trial, tx redis.Pipeliner, key string) {
	ctx := t.Context()
	tx.Del(ctx, key)
	switch f.kind() {
	case 's':
		tx.Set(ctx, key, f.content(), 0)
	case 'h':
		tx.HSet(ctx, key, f.fields())
	case 'l':
		tx.RPush(ctx, key, f.content())
	case 'S':
		tx.SAdd(ctx, key, f.content())
	case 'z':
		tx.ZAdd(ctx, key, redis.Z{Score: 1, Member: f.content()})
	case 'x':
		tx.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"field", f.content()}})
	default:
		return
	}
	if life := f.life(); life > 0 {
		tx.PExpire(ctx, key, life)
	}
}

func (f found) life() time.Duration {
	switch f[1] {
	case 'h':
		return time.Hour
	case 'y':
		return 100 * 365 * 24 * time.Hour
	default:
		return -1
	}
}

// holding is what a server holds of a key, to compare it with what it held before.
func (t *trial) holding(key string) string {
	ctx := t.Context()
	var content any
	switch kind := t.admin.Type(ctx, key).Val(); kind {
	case "none":
		return kind
	case "string":
		content = t.admin.Get(ctx, key).Val()
	case "hash":
		content = t.admin.HGetAll(ctx, key).Val() // which fmt prints in the order of the fields
	case "list":
		content = t.admin.LRange(ctx, key, 0, -1).Val()
	case "set":
		content = t.admin.SMembers(ctx, key).Val()
	case "zset":
		content = t.admin.ZRangeWithScores(ctx, key, 0, -1).Val()
	case "stream":
		content = t.admin.XRange(ctx, key, "-", "+").Val()
	default:
		t.Errorf("%q is a %s", key, kind)
	}
	expires := t.admin.PTTL(ctx, key).Val() > 0
	return fmt.Sprintf("%q, expires: %v", content, expires)
}

// register is what a server holds of an election.
type register struct{ lock, lease, record found }

var (
	ourLease   = regexp.MustCompile(`(?s)^.+ (\d{1,12})$`)
	ourNumbers = map[string]int{"term": 19, "seen": 19, "since": 16, "not_before": 16, "quarantine": 12, "ttl": 12}
	ourTexts   = []string{"claim", "holder", "host", "run", "spent"}
)

const longestName = 1024

// garbage lists the keys that hold what no election ever writes there.
func (r register) garbage() []string {
	var keys []string
	if r.lock.kind() != '-' && (r.lock.kind() != 's' || len(r.lock.content()) > longestName) {
		keys = append(keys, "jobs")
	}
	if r.lease.kind() != '-' && !r.leaseIsOurs() {
		keys = append(keys, "{jobs}:lease")
	}
	if r.record.kind() != '-' && !r.recordIsOurs() {
		keys = append(keys, "{jobs}:term")
	}
	return keys
}

// leaseIsOurs: a claim and the ttl that it was granted, which is never 0.
func (r register) leaseIsOurs() bool {
	text := ""
	if r.lease.kind() == 's' {
		text = r.lease.content()
	}
	match := ourLease.FindStringSubmatch(text)
	return len(text) <= longestName && match != nil && strings.Trim(match[1], "0") != ""
}

func (r register) recordIsOurs() bool {
	fields := r.record.fields()
	ours := false
	for name, digits := range ourNumbers {
		value, there := fields[name]
		if !there {
			continue
		}
		ours = true
		_, err := strconv.ParseInt(value, 10, 64)
		if err != nil || len(value) > digits || strings.Trim(value, "0123456789") != "" {
			return false
		}
	}
	for _, name := range ourTexts {
		_, there := fields[name]
		ours = ours || there
	}
	return ours && (fields["claim"] == "" || r.number("ttl") > 0) // no claim was ever granted for no time
}

// number is that of a field of the record, 0 where it has none.
func (r register) number(name string) int64 {
	n, _ := strconv.ParseInt(r.record.fields()[name], 10, 64)
	return n
}

// lastTermIsKnown: there is no greater one to grant. Whoever wrote it was no election.
func (r register) lastTermIsKnown() bool {
	return r.number("term") == math.MaxInt64 || r.number("seen") == math.MaxInt64
}

// heldBySomebody reports whether a lease stands, or may, that a new claim must not
// be granted beside. The record alone is a witness too, if it was used lately.
func (r register) heldBySomebody() bool {
	return r.lock.kind() != '-' || r.lease.kind() != '-' ||
		r.record.fields()["claim"] != "" && r.record.life() < 0
}

// foreignLock is the text under L where that is no lock of ours: another program's,
// and not the id's.
func (r register) foreignLock(id string) bool {
	return r.lock.kind() == 's' && r.lock.content() != id && r.lock.content() != r.record.fields()["holder"]
}
