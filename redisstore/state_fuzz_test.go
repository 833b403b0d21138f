package redisstore_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"example.com/leaderelection"
)

func (c *candidate) readOnce() (answer, error) {
	return c.try(func(ctx context.Context) (leaderelection.State, error) { return c.store.Read(ctx, c.who) })
}

// serverName is what records call this server.
func (t *trial) serverName() string {
	t.Helper()
	field := func(section, name string) string {
		for line := range strings.SplitSeq(t.admin.Info(t.Context(), section).Val(), "\r\n") {
			if value, ok := strings.CutPrefix(line, name+":"); ok {
				return value
			}
		}
		return ""
	}
	return field("server", "run_id") + "/" + field("replication", "master_replid")
}

// verdictsOf are those that a call can be answered with.
var verdictsOf = map[string][]leaderelection.Verdict{
	"Read":    {leaderelection.Vacant, leaderelection.Held, leaderelection.Quarantined},
	"Acquire": {leaderelection.Granted, leaderelection.Held, leaderelection.Quarantined, leaderelection.Lost},
	"Renew":   {leaderelection.Granted, leaderelection.Lost},
}

// expectSensible expects what every State must keep, whatever it was made from.
func (t *trial) expectSensible(what string, r register, a answer) {
	t.Helper()
	wrong := func(why string) { t.Errorf("%s on %q: %s: %+v, leader %+v", what, r, why, a.State, a.Leader) }
	if !slices.Contains(verdictsOf[what], a.Verdict) {
		wrong("not a verdict for that")
	}
	if a.Term < 0 || a.TTL < 0 || a.Remaining < -time.Millisecond || a.Remaining == math.MinInt64 || a.Now.IsZero() {
		wrong("a number that cannot be")
	}
	switch a.Verdict {
	case leaderelection.Vacant:
		if a.Leader != nil || a.Remaining != 0 {
			wrong("vacant, but somebody leads")
		}
	case leaderelection.Quarantined:
		if a.Leader != nil || a.Remaining <= 0 {
			wrong("quarantined by somebody, or for no time")
		}
	case leaderelection.Held:
		if a.Remaining == 0 {
			wrong("held for no time")
		}
		if r.lock.kind() == 's' && r.lock.content() != "" && (a.Leader == nil || a.Leader.InstanceID != r.lock.content()) {
			wrong("held by somebody else than L says")
		}
	case leaderelection.Granted:
		if a.Leader == nil || a.Leader.InstanceID != "candidate" || a.Leader.Term != a.Term || a.Remaining != 100*time.Millisecond {
			wrong("granted, but not to the one who asked")
		}
	}
	if a.Leader != nil && (a.Leader.InstanceID == "" || a.Leader.Term < 0) {
		wrong("a leader that cannot be")
	}
}

// expectGrantedWell expects that a new claim was granted beside no other lease, in
// a term greater than all that anybody knows.
func (t *trial) expectGrantedWell(r register, a answer, seen int64) {
	t.Helper()
	if r.heldBySomebody() {
		t.Errorf("granted beside %q", r)
	}
	if a.Term <= seen || a.Term <= r.number("term") || a.Term <= r.number("seen") {
		t.Errorf("term %d was granted on %q to one that had seen %d", a.Term, r, seen)
	}
	if quarantine := time.Duration(r.number("quarantine")) * time.Millisecond; quarantine > time.Hour && time.UnixMicro(r.number("not_before")).After(time.Now().Add(time.Hour)) {
		t.Errorf("granted in a quarantine: %q", r)
	}
}

// expectRenewedWell expects that a renewal went to the claim that was granted last,
// or to a higher term than the server knows.
func (t *trial) expectRenewedWell(r register, a answer, term int64) {
	t.Helper()
	known := r.number("term")
	if a.Term != term || known > term || known == term && r.record.fields()["claim"] != "claim" {
		t.Errorf("renewed in term %d, of %d: %q", a.Term, term, r)
	}
	if r.foreignLock("candidate") {
		t.Errorf("renewed beside another program's lock: %q", r)
	}
}
