package redisstore_test

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
)

// The ACL line that docs/redis.md gives is run as it stands there, so that it
// stays both sufficient and the one that is documented.
func TestDocumentedACLSuffices(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client(t)
	words := documentedACL(t)
	arguments := make([]any, 0, len(words))
	for _, word := range words {
		arguments = append(arguments, word)
	}
	if err := admin.Do(t.Context(), arguments...).Err(); err != nil {
		t.Fatalf("the documented line is refused: %v", err)
	}

	store := newStore(t, &redis.Options{Addr: server.Addr(), Username: "elector", Password: "secret", ContextTimeoutEnabled: true})
	elected := make(chan struct{}, 10)
	problems := make(chan leaderelection.Event, 10)
	observer := leaderelection.ObserverFunc(func(event leaderelection.Event) {
		switch event.Kind {
		case leaderelection.AttemptFailed, leaderelection.RenewalFailed, leaderelection.ReleaseFailed, leaderelection.AnnounceFailed, leaderelection.Warned:
			problems <- event
		case leaderelection.Renewed:
			elected <- struct{}{}
		}
	})
	config := &leaderelection.Config{RedisKeyName: "jobs:lock", RedisInfoKeyName: "jobs:leader", LockTTL: 10 * time.Second, HeartbeatInterval: 2 * time.Second}
	election, err := leaderelection.New(store, config, leaderelection.WithObserver(observer), leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}

	ended := make(chan error, 1)
	go func() { ended <- election.Start(t.Context()) }()
	select {
	case <-elected:
	case err := <-ended:
		t.Fatalf("Start returned %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("no renewal within 20 s")
	}
	if err := election.Stop(); err != nil {
		t.Fatal(err)
	}
	hints := store.Watch(t.Context(), "jobs:lock", "")
	select {
	case <-hints: // the subscription is confirmed
	case <-time.After(20 * time.Second):
		t.Error("no subscription within 20 s")
	}
	select {
	case event := <-problems:
		t.Errorf("under the documented ACL: %v: %v", event.Kind, event.Err)
	default:
	}
}

const minimalUser = "minimal"

// minimalRules are those of the documented user, for an election of these names.
func minimalRules(t *testing.T, lock, info string) []any {
	t.Helper()
	names := strings.NewReplacer("jobs:lock", lock, "jobs:leader", info, ">secret", ">"+password)
	words := documentedACL(t)[3:]
	rules := make([]any, 0, len(words))
	for _, word := range words {
		rules = append(rules, names.Replace(word))
	}
	return rules
}

// moreRules are those that are documented for a user of more than one server.
func moreRules(t *testing.T, about string) (rules []any) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^ACL SETUSER elector (\+.*)$`).FindAllStringSubmatch(documentation(t), -1) {
		for _, word := range strings.Fields(line[1]) {
			if strings.Contains(line[1], about) {
				rules = append(rules, word)
			}
		}
	}
	if len(rules) == 0 {
		t.Fatalf("docs/redis.md has no line about %q any more", about)
	}
	return rules
}

// documentedACL returns the words of the ACL command in docs/redis.md, with a
// password in place of the ellipsis.
func documentedACL(t *testing.T) []string {
	t.Helper()
	block := regexp.MustCompile("(?s)```\n(ACL SETUSER .*?)```").FindStringSubmatch(documentation(t))
	if block == nil {
		t.Fatal("docs/redis.md has no ACL SETUSER line any more")
	}
	return strings.Fields(strings.Replace(block[1], ">…", ">secret", 1))
}

func documentation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
