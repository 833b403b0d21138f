// Package protocol keeps elections in Redis: its keys, its scripts, what they
// answer, and a Store made of them. What it needs of a client library is the
// interface Server, of which redisstore has one over go-redis and rueidisstore one
// over rueidis.
package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.com/leaderelection"
)

// Store is a leaderelection.Store in Redis. It is safe for concurrent use.
type Store struct {
	server Server
	watch  watchers
	heard  atomic.Bool // a script has been executed, so this is Redis; see wonder

	acks       int           // replicas that must have a grant; see WithReplicaAcks
	ackTimeout time.Duration // how long they may take
}

var (
	_ leaderelection.Store     = (*Store)(nil)
	_ leaderelection.Watcher   = (*Store)(nil)
	_ leaderelection.Announcer = (*Store)(nil)
	_ leaderelection.Checker   = (*Store)(nil)
	_ leaderelection.Inspector = (*Store)(nil)
	_ leaderelection.Steerer   = (*Store)(nil)
)

// New makes a Store over a server.
func New(server Server, opts ...Option) *Store {
	s := &Store{server: server, watch: watchers{server: server}}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// maxNameBytes bounds what is stored of a candidate. Scripts take more than that
// under the lock's name for something else than an InstanceID.
const maxNameBytes = 1024

// maxDuration bounds what scripts calculate with: they take numbers of more digits
// for garbage, and would lock the election by its own record.
const maxDuration = 10 * 365 * 24 * time.Hour

// Check refuses what can never work.
func (s *Store) Check(candidate leaderelection.Candidate) error {
	if err := errors.Join(s.server.Check(), s.checkAcks()); err != nil {
		return err
	}
	if err := checkNames(map[string]string{"InstanceID": candidate.ID, "Hostname": candidate.Hostname}); err != nil {
		return err
	}
	for name, value := range map[string]time.Duration{"LockTTL": candidate.TTL, "RetryInterval": candidate.Retry} {
		if value > maxDuration {
			return fmt.Errorf("redis: %s is %v: use at most %v, which is ten years", name, value, maxDuration)
		}
	}
	for _, key := range keysOf(candidate.Key).list() {
		if key == candidate.InfoKey {
			return fmt.Errorf("redis: RedisInfoKeyName %q is a key that the election itself uses: choose another", key)
		}
	}
	return nil
}

func checkNames(names map[string]string) error {
	for name, value := range names {
		if len(value) > maxNameBytes {
			return fmt.Errorf("redis: %s is %d bytes long: use at most %d", name, len(value), maxNameBytes)
		}
	}
	return nil
}

// Acquire bids for the lease.
func (s *Store) Acquire(ctx context.Context, bid leaderelection.Bid) (leaderelection.State, error) {
	k := keysOf(bid.Key)
	presence := 2*bid.Retry + bid.TTL
	if s.server.Stalled() {
		return leaderelection.State{}, leaderelection.ErrStoreStalled
	}
	state, err := s.askAcknowledged(ctx, acquireScript, k.list(),
		bid.ID, bid.Claim, milliseconds(bid.TTL), decimal(bid.SeenTerm), milliseconds(bid.SeenTTL),
		bid.Hostname, k.events, milliseconds(presence), decimal(int64(bid.Priority)), flag(bid.Preempts))
	if err == nil {
		state.Warning = joined(state.Warning, s.watch.warning(k.channel(bid.ID)))
	}
	return state, err
}

func joined(warnings ...string) string {
	return strings.Join(slices.DeleteFunc(warnings, func(warning string) bool { return warning == "" }), "; ")
}

// Renew extends the lease.
func (s *Store) Renew(ctx context.Context, tenure leaderelection.Tenure) (leaderelection.State, error) {
	return s.askAcknowledged(ctx, renewScript, keysOf(tenure.Key).list()[:3],
		tenure.ID, tenure.Claim, milliseconds(tenure.TTL), decimal(tenure.Term), tenure.Hostname, microseconds(tenure.Since), decimal(int64(tenure.Priority)))
}

// Release gives the lease back.
func (s *Store) Release(ctx context.Context, tenure leaderelection.Tenure) error {
	k := keysOf(tenure.Key)
	_, err := s.ask(ctx, releaseScript, k.list(),
		tenure.ID, tenure.Claim, milliseconds(tenure.TTL), decimal(tenure.Term), tenure.Reason, k.events, decimal(tenure.Drained.Milliseconds()))
	return err
}

// Read asks the primary who leads.
func (s *Store) Read(ctx context.Context, candidate leaderelection.Candidate) (leaderelection.State, error) {
	if s.server.Stalled() {
		return leaderelection.State{}, leaderelection.ErrStoreStalled
	}
	state, err := s.ask(ctx, readScript, keysOf(candidate.Key).list()[:3])
	if err == nil && state.Leader != nil && state.Leader.Term == 0 {
		s.describeForeign(ctx, candidate, state.Leader)
	}
	return state, err
}

// describeForeign fills in what a program without this library announces of
// itself, if it does that where we would (F35).
func (s *Store) describeForeign(ctx context.Context, candidate leaderelection.Candidate, leader *leaderelection.LeaderInfo) {
	var announced leaderelection.LeaderInfo
	text, err := s.server.Get(ctx, candidate.InfoKey)
	if err != nil || json.Unmarshal(text, &announced) != nil || announced.InstanceID != leader.InstanceID {
		return
	}
	announced.Term = 0
	if _, err := json.Marshal(announced); err == nil { // else of a time that no JSON can hold
		*leader = announced
	}
}

// Announce publishes info under RedisInfoKeyName, for as long as the lease lasts.
func (s *Store) Announce(ctx context.Context, tenure leaderelection.Tenure, info leaderelection.LeaderInfo) error {
	text, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("redis: encoding LeaderInfo: %w", err)
	}
	return s.announce(ctx, tenure, string(text))
}

// Retract takes back what was announced, unless a later term has announced itself.
func (s *Store) Retract(ctx context.Context, tenure leaderelection.Tenure) error {
	return s.announce(ctx, tenure, "")
}

func (s *Store) announce(ctx context.Context, tenure leaderelection.Tenure, text string) error {
	if s.server.Stalled() {
		return leaderelection.ErrStoreStalled
	}
	_, err := s.run(announceScript, []string{tenure.InfoKey}, []string{text, decimal(tenure.Term), milliseconds(tenure.TTL)}, s.eval(ctx))
	return err
}

// ask runs a script of an election and reads its reply.
func (s *Store) ask(ctx context.Context, script *script, keyNames []string, args ...string) (leaderelection.State, error) {
	reply, err := s.run(script, keyNames, args, s.eval(ctx))
	if err != nil {
		return leaderelection.State{}, err
	}
	return stateOf(reply, keyNames)
}

func stateOf(reply any, keyNames []string) (leaderelection.State, error) {
	state, err := parseState(reply)
	if err != nil {
		return state, fmt.Errorf("redis: election %q: %w", keyNames[0], err)
	}
	return state, nil
}

func (s *Store) eval(ctx context.Context) func(Eval) (any, error) {
	return func(e Eval) (any, error) { return s.server.Eval(ctx, e) }
}

// run runs a script by its hash, and by its text where the server does not know
// it (F19), both within ctx.
func (s *Store) run(script *script, keyNames, args []string, eval func(Eval) (any, error)) (any, error) {
	reply, err := eval(Eval{ByHash: true, Script: script.hash, Keys: keyNames, Args: args, Urgent: script.urgent})
	if err != nil && strings.HasPrefix(strings.TrimPrefix(err.Error(), "ERR "), "NOSCRIPT") { // as Kvrocks says it
		reply, err = eval(Eval{Script: script.text, Keys: keyNames, Args: args, Urgent: script.urgent})
	}
	return reply, s.wonder(classify(err, keyNames))
}

// milliseconds rounds up: a lease that is shorter at the server than its holder
// believes would be two leaders.
func milliseconds(d time.Duration) string {
	whole := d / time.Millisecond
	if d > whole*time.Millisecond {
		whole++
	}
	return decimal(int64(whole))
}

// microseconds is the opposite of moment. What was before 1970, as the zero Time
// is, was never granted by a server.
func microseconds(t time.Time) string { return decimal(max(0, t.UnixMicro())) }

func flag(set bool) string {
	if set {
		return "1"
	}
	return ""
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
