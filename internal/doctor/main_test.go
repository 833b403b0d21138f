package doctor

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

func TestMain(m *testing.M) { redistest.Main(m, 8) }

const (
	lock = "jobs:lock"
	info = "jobs:leader"
)

func config() leaderelection.Config {
	return leaderelection.Config{RedisKeyName: lock, RedisInfoKeyName: info}
}

// findings are results by their check.
type findings struct {
	t  testing.TB
	of map[string]Result
}

// examine examines a Redis by a client that is used for nothing else.
func examine(t *testing.T, client redis.UniversalClient) findings {
	t.Helper()
	return examineAs(t, Patient{Client: client, Config: config()}, func(string) {})
}

func examineAs(t *testing.T, p Patient, progress func(string)) findings {
	t.Helper()
	results, err := Examine(t.Context(), p, progress)
	if err != nil {
		t.Fatal(err)
	}
	found := findings{t, make(map[string]Result)}
	for _, r := range results {
		found.of[r.Check] = r
		if r.Found == "" || (r.Status != OK) != (r.Remedy != "") {
			t.Errorf("%s is %s, found %q, and the remedy is %q", r.Check, r.Status, r.Found, r.Remedy)
		}
		t.Logf("%-4s %s: %s -> %s", r.Status, r.Check, r.Found, r.Remedy)
	}
	return found
}

// is expects of a check that it has a status, and that it, or its remedy, says something.
func (f findings) is(check string, status Status, says ...string) {
	f.t.Helper()
	r, ok := f.of[check]
	if !ok || r.Status != status {
		f.t.Errorf("%s is %q, want %s: %s", check, r.Status, status, r.Found)
	}
	for _, words := range says {
		if !strings.Contains(r.Found+" -> "+r.Remedy, words) {
			f.t.Errorf("%s: %q is missing in %s -> %s", check, words, r.Found, r.Remedy)
		}
	}
}

// isOK expects of a check that it is OK, and that it says something. Round trips on a busy
// machine may be a WARN for the slowest of them, but not for most.
func (f findings) isOK(check string, says ...string) {
	f.t.Helper()
	want, r := OK, f.of[check]
	if half := halfWithin.FindStringSubmatch(r.Found); check == "round-trip" && r.Status == Warn && half != nil {
		if took, err := time.ParseDuration(half[1]); err == nil && took < 100*time.Millisecond {
			f.t.Logf("this machine is busy: %s", r.Found)
			want = Warn
		}
	}
	f.is(check, want, says...)
}

// halfWithin finds how long most round trips took.
var halfWithin = regexp.MustCompile(`^half within (\S+),`)

// allAreOK but some.
func (f findings) allAreOK(but ...string) {
	f.t.Helper()
	for _, c := range checks {
		if !strings.Contains(" "+strings.Join(but, " ")+" ", " "+c.name+" ") {
			f.isOK(c.name)
		}
	}
}

// judged is what a check says of facts that a test makes up.
func judged(t *testing.T, check func(e *exam, r *Result), change func(*exam)) findings {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = client.Close() })
	p := Patient{Client: client, Config: config()}
	if err := p.Config.Validate(); err != nil {
		t.Fatal(err)
	}
	e := newExam(p)
	e.node = client
	change(e)
	r := Result{Check: "it", Status: OK}
	check(e, &r)
	return findings{t, map[string]Result{"it": r}}
}

// documentedUser makes the user of docs/redis.md, with more rules, and returns the options
// of a client that is him.
func documentedUser(t *testing.T, server *redistest.Server, more ...any) *redis.Options {
	t.Helper()
	text, err := os.ReadFile("../../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```\n(ACL SETUSER .*?)```").FindStringSubmatch(string(text))
	if block == nil {
		t.Fatal("docs/redis.md has no ACL SETUSER line any more")
	}
	words := strings.Fields(strings.Replace(block[1], ">…", ">secret", 1))[3:]
	rules := make([]any, 0, len(words)+len(more))
	for _, word := range words {
		rules = append(rules, word)
	}
	server.PermitUser("elector", append(rules, more...)...)
	return &redis.Options{Addr: server.Addr(), Username: "elector", Password: "secret", ContextTimeoutEnabled: true}
}

// as is a client that the test closes.
func as(t *testing.T, options *redis.Options) *redis.Client {
	t.Helper()
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
