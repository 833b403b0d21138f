package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
)

// permissions looks whether the user may do all that an election does. Reading is tried on
// the election itself, which that doesn't disturb; all else on one of the examination's
// own, that lies in the same slot and matches the same patterns of an ACL.
func permissions(ctx context.Context, e *exam, r *Result) {
	remedy := "grant the ACL line in docs/redis.md to the user " + e.user()
	if isRefusal(e.inspectErr) {
		r.fail("the election can't be read: "+reason(e.inspectErr), remedy)
		return
	}
	if err := e.retractNothing(ctx); isRefusal(err) {
		r.warn(fmt.Sprintf("who leads can't be shown under %q: %s", e.Config.RedisInfoKeyName, reason(err)), remedy)
	}
	defer e.tidyUp(ctx, r)
	warning, err := e.rehearse(ctx)
	switch {
	case err == nil && warning == "":
		r.note("a lease was acquired, renewed and given back")
	case err == nil:
		r.warn("a lease was acquired, renewed and given back, but: "+warning, remedy)
	case ofKeys.MatchString(err.Error()):
		e.asksInstead(ctx, r, remedy)
	case isRefusal(err):
		r.fail("nobody can lead: "+reason(err), remedy)
		if lacks, err := e.dryRun(ctx); err == nil { // Redis doesn't say of a script's command which it is
			r.note("%s", strings.Join(lacks, "; "))
		}
	case saysOfRedis(err):
		r.fail("a lease is refused: "+reason(err), "elections go on once Redis takes writes again: see in its log and configuration why it doesn't")
	default:
		r.unknown("whether a lease is granted", err, "try again")
	}
}

// lacking finds what Redis answers to who may not do something, or where there is no such thing.
var lacking = regexp.MustCompile(`NOPERM|[Uu]nknown( Redis)? command|can't (access|run)`)

// ofKeys finds what it answers where only the keys are not permitted.
var ofKeys = regexp.MustCompile(`NOPERM.*access (a|one of the) key`)

func isRefusal(err error) bool {
	_, ok := errors.AsType[*leaderelection.ConfigurationError](err)
	return ok && lacking.MatchString(err.Error())
}

// retractNothing has the script that shows who leads executed on its real key, on behalf of
// a term that there never is, which changes nothing.
func (e *exam) retractNothing(ctx context.Context) error {
	return e.store.Retract(ctx, leaderelection.Tenure{Candidate: e.candidate(), Term: -1})
}

// rehearse plays a whole term of the examination's own election, and returns what the
// scripts have warned of.
func (e *exam) rehearse(ctx context.Context) (warning string, err error) {
	me := leaderelection.Candidate{Key: e.own, ID: "leader-doctor", Hostname: e.Config.Hostname, TTL: leaderelection.MinLockTTL, Retry: leaderelection.MinLockTTL}
	bid := leaderelection.Bid{Candidate: me, Claim: rand.Text()}
	granted, err := e.store.Acquire(ctx, bid)
	if err == nil && granted.Verdict == leaderelection.Quarantined { // by a server that may have forgotten a lease
		select {
		case <-time.After(granted.Remaining + time.Millisecond):
		case <-ctx.Done():
		}
		granted, err = e.store.Acquire(ctx, bid)
	}
	if err != nil {
		return "", err
	}
	if granted.Verdict != leaderelection.Granted {
		return "", fmt.Errorf("a lease of %q, which nobody else knows, is %v", e.own, granted.Verdict)
	}
	tenure := leaderelection.Tenure{Candidate: me, Claim: bid.Claim, Term: granted.Term, Since: granted.Now, Reason: "rehearsed"}
	renewed, err := e.store.Renew(ctx, tenure)
	if err == nil && renewed.Verdict != leaderelection.Granted {
		err = fmt.Errorf("the renewal of a lease of %q is %v", e.own, renewed.Verdict)
	}
	if err == nil {
		err = e.store.Release(ctx, tenure)
	}
	return granted.Warning, err
}

// tidyUp removes what the rehearsal has left, also when the examination is interrupted.
func (e *exam) tidyUp(ctx context.Context, r *Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime/2)
	defer cancel()
	keys := protocol.NamesOf(e.own).Keys()
	if err := e.Client.Del(ctx, keys...).Err(); err != nil && !ofKeys.MatchString(err.Error()) {
		r.warn(fmt.Sprintf("what was tried may be left under %q and what begins so, for a week: %s", e.own, reason(err)), "DEL "+strings.Join(keys, " "))
	}
}
