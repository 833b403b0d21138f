//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"sigs.k8s.io/yaml"
)

// ask runs a command that answers and ends, and returns what it prints.
func ask(t *testing.T, url string, want int, args ...string) string {
	t.Helper()
	i := start(t, []string{redisURLVariable + "=" + url}, args...)
	if status := i.status(); status != want {
		t.Errorf("%v: exit status %d, want %d", args, status, want)
	}
	return i.stdout.String()
}

func decode[T any](t *testing.T, text string, by func([]byte, any) error) (value T) {
	t.Helper()
	if err := by([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return value
}

// reader ends with its standard input.
var reader = []string{"--", "sh", "-c", "read line"}

func TestStatusShowsWhoLeads(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	flags := []string{"--key", "nightly", "--ttl", "1m"}
	if text := ask(t, server.URL(), statusNobody, "status", "--key", "nightly"); !strings.Contains(text, "nobody") {
		t.Errorf("before anybody has led:\n%s", text)
	}
	leader := run(t, server.URL(), append(append(flags, "--id", "first"), reader...)...)
	leader.awaitLog("leading")
	second := run(t, server.URL(), append(append(flags, "--id", "second"), reader...)...)
	second.awaitLog("following")

	text := ask(t, server.URL(), 0, "status", "--key", "nightly")
	for _, want := range []string{"election", "nightly", "leader", "first", "term", "since", "ago)", "last heartbeat", "lease ends", "(in ", "candidates", "second"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for name, by := range map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"yaml": func(text []byte, value any) error { return yaml.Unmarshal(text, value) },
	} {
		got := decode[status](t, ask(t, server.URL(), 0, "status", "--key", "nightly", "--output", name), by)
		if got.Election != "nightly" || got.State != "led" || got.Leader == nil || got.Leader.ID != "first" || got.Leader.Term != got.Term || got.TTL != 60 ||
			*got.Remaining <= 0 || *got.Remaining > 60 || len(got.Candidates) != 1 || got.Leader.Since == nil || time.Since(got.At).Abs() > time.Hour {
			t.Errorf("%s: %+v, the leader %+v", name, got, got.Leader)
		}
	}

	leader.signal(syscall.SIGTERM)
	leader.status()
	second.awaitLog("leading")
	if text := ask(t, server.URL(), 0, "status", "--key", "nightly"); !strings.Contains(text, "second") {
		t.Errorf("after second has taken over:\n%s", text)
	}
}

func TestStatusTellsOfAQuarantine(t *testing.T) {
	t.Parallel()
	server := redistest.StartMini(t) // has only just started, and may have forgotten a lease
	run(t, server.URL(), append([]string{"--ttl", "1h"}, reader...)...).awaitLog("nobody may lead yet")

	got := decode[status](t, ask(t, server.URL(), statusNobody, "status", "-o", "json"), json.Unmarshal)

	if got.State != "quarantined" || got.Leader != nil || got.Remaining == nil || *got.Remaining < 60 {
		t.Errorf("%+v", got)
	}
	if text := ask(t, server.URL(), statusNobody, "status"); !strings.Contains(text, "quarantine ends") {
		t.Errorf("no word of the quarantine in\n%s", text)
	}
}

func TestStatusOfALockThatHasNoEnd(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	if err := server.Client(t).Set(t.Context(), leaderelection.DefaultRedisKeyName, "\x1b[31mforeign", 0).Err(); err != nil {
		t.Fatal(err)
	}
	text := ask(t, server.URL(), 0, "status")
	if !strings.Contains(text, "never: the lock has no expiry") || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
}

func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"status", "history", "list"} {
		i := start(t, []string{redisURLVariable + "=redis://user:secret@127.0.0.1:1"}, command)
		if status := i.status(); status != statusFailed {
			t.Errorf("%s: exit status %d, want %d", command, status, statusFailed)
		}
		if text := i.stderr.String(); !strings.Contains(text, "refused") || strings.Contains(text, "secret") || strings.Count(text, "\n") != 1 {
			t.Errorf("%s says\n%s", command, text)
		}
		i = start(t, nil, command, "--output", "xml")
		if i.status(); !strings.Contains(i.stderr.String(), "table, json or yaml") {
			t.Errorf("%s says\n%s", command, i.stderr.String())
		}
	}
}

func TestHistoryShowsTermsAndWhyTheyEnded(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	if text := ask(t, server.URL(), 0, "history"); !strings.Contains(text, "no term") {
		t.Errorf("before anybody has led:\n%s", text)
	}
	first := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "first"}, reader...)...)
	first.awaitLog("leading")
	second := run(t, server.URL(), append([]string{"--ttl", "1m", "--id", "second"}, reader...)...)
	second.awaitLog("following")
	first.signal(syscall.SIGTERM)
	second.awaitLog("leading")

	got := decode[history](t, ask(t, server.URL(), 0, "history", "--output", "json"), json.Unmarshal)
	if len(got.Terms) != 2 {
		t.Fatalf("%d terms: %+v", len(got.Terms), got.Terms)
	}
	latest, earlier := got.Terms[0], got.Terms[1]
	if latest.ID != "second" || latest.Ended != nil || latest.Reason != "" || latest.Vacancy == nil || *latest.Vacancy < 0 {
		t.Errorf("the latest: %+v", latest)
	}
	if earlier.ID != "first" || earlier.Ended == nil || earlier.Duration == nil || earlier.Reason != "stopped" || earlier.Term >= latest.Term {
		t.Errorf("the one before: %+v", earlier)
	}
	if one := decode[history](t, ask(t, server.URL(), 0, "history", "-n", "1", "-o", "json"), json.Unmarshal); len(one.Terms) != 1 || one.Terms[0].ID != "second" {
		t.Errorf("of one term: %+v", one)
	}
	text := ask(t, server.URL(), 0, "history")
	for _, want := range []string{"TERM", "ENDED BY", "so far", "stopped", "first", "second"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestListShowsEveryElection(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	if text := ask(t, server.URL(), 0, "list"); !strings.Contains(text, "no election") {
		t.Errorf("of an empty Redis:\n%s", text)
	}
	names := []string{"a}b", "nightly", "{jobs}:lock", "{tag}"}
	for _, name := range names {
		run(t, server.URL(), append([]string{"--key", name, "--id", "leader-of-" + name}, reader...)...).awaitLog("leading")
	}
	if err := server.Client(t).HSet(t.Context(), "something:term", "field", "value").Err(); err != nil { // nobody's
		t.Fatal(err)
	}

	if err := server.Client(t).HSet(t.Context(), "{foreign}:term", "field", "value").Err(); err != nil { // named like ours
		t.Fatal(err)
	}

	got := decode[list](t, ask(t, server.URL(), 0, "list", "--output", "json"), json.Unmarshal)

	var found []string
	for _, each := range got.Elections {
		if each.Election == "foreign" && each.State == "unreadable" && strings.Contains(each.Error, "somebody else") {
			continue
		}
		if each.Leader == nil || each.Leader.ID != "leader-of-"+each.Election {
			t.Errorf("%s: led by %+v", each.Election, each.Leader)
		}
		found = append(found, each.Election)
	}
	if strings.Join(found, " ") != strings.Join(names, " ") {
		t.Errorf("found %q, want %q", found, names)
	}
	if text := ask(t, server.URL(), 0, "list"); !strings.Contains(text, "leader-of-{jobs}:lock") {
		t.Errorf("the table:\n%s", text)
	}
}

// Nobody notes when a lease expires: only that it had, when the next leader begins.
func TestHistoryDoesNotKnowHowLongNobodyLedAfterAnExpiry(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	h := historyOf("nightly", leaderelection.Inspection{Terms: []leaderelection.TermRecord{
		{Term: 3, Began: at(30)},
		{Term: 2, Began: at(12), Ended: at(30), Reason: "expired"},
		{Term: 1, Began: at(5), Ended: at(10), Reason: "stopped"},
	}})
	if h.Terms[0].Vacancy != nil {
		t.Errorf("after an expiry nobody led for %v seconds, it says", *h.Terms[0].Vacancy)
	}
	if v := h.Terms[1].Vacancy; v == nil || *v != 2 {
		t.Errorf("after a stop: %v, want 2 seconds", v)
	}
}

func TestListSearchesToTheEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client(t)
	pipe := client.Pipeline()
	for i := range 5000 { // several times what one SCAN looks at
		pipe.Set(t.Context(), fmt.Sprint("somebody's:", i), "", 0)
	}
	for i := range 20 { // wherever these lie among them
		pipe.HSet(t.Context(), fmt.Sprintf("{election-%d}:term", i), "term", 7)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := decode[list](t, ask(t, server.URL(), 0, "list", "-o", "json"), json.Unmarshal); len(got.Elections) != 20 {
		t.Errorf("found %d of 20 elections", len(got.Elections))
	}
}
