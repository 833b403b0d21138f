package leaderhttp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderhttp"
	"example.com/leaderelection/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait; what is waited for comes much sooner.
const patience = 20 * time.Second

// instance is one candidate with its handler.
type instance struct {
	t       *testing.T
	handler *leaderhttp.Handler
	stop    func()
}

func start(t *testing.T, store leaderelection.Store, id string) *instance {
	t.Helper()
	handler := leaderhttp.New()
	config := leaderelection.DefaultConfig()
	config.InstanceID = id
	election, err := leaderelection.New(store, config, leaderelection.WithObserver(handler), leaderelection.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	handler.Serve(election)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = election.Start(ctx) }()
	i := &instance{t: t, handler: handler, stop: func() { cancel(); <-ended }}
	t.Cleanup(i.stop)
	return i
}

// get asks without a network.
func get(handler http.Handler, path string) (status int, body string) {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder.Code, recorder.Body.String()
}

func (i *instance) await(path string, status int) string {
	i.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, body := get(i.handler, path)
		if got == status {
			return body
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("%s answers %d %s, want %d", path, got, body, status)
		}
	}
}

func answerIn(t *testing.T, text string) (answer leaderhttp.Answer) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return answer
}

func TestLeaderAnswersByWhoLeads(t *testing.T) {
	store := memstore.New()
	first := start(t, store, "first")
	leads := answerIn(t, first.await("/leader", http.StatusOK))
	if !leads.Leading || leads.ID != "first" || leads.Term == 0 || leads.Leader != nil {
		t.Errorf("the leader says %+v", leads)
	}

	second := start(t, store, "second")
	second.await("/readyz", http.StatusOK) // ready, though it doesn't lead
	follows := answerIn(t, second.await("/leader", http.StatusServiceUnavailable))
	if follows.Leading || follows.ID != "second" || follows.Term != 0 || follows.Leader == nil || follows.Leader.ID != "first" || follows.Leader.Term != leads.Term {
		t.Errorf("the follower says %+v, of %+v", follows, follows.Leader)
	}

	first.stop()
	if status, body := get(first.handler, "/leader"); status != http.StatusServiceUnavailable {
		t.Errorf("stopped, it says %d %s", status, body)
	}
	if next := answerIn(t, second.await("/leader", http.StatusOK)); next.Term <= leads.Term {
		t.Errorf("the term is %d, after %d", next.Term, leads.Term)
	}
}

func TestReadyOnceTheStoreHasAnswered(t *testing.T) {
	handler := leaderhttp.New()
	for path, want := range map[string]int{
		"/livez": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/leader": http.StatusServiceUnavailable, "/events": http.StatusServiceUnavailable, "/": http.StatusNotFound,
	} {
		if status, body := get(handler, path); status != want {
			t.Errorf("%s answers %d %s before the election has begun, want %d", path, status, body, want)
		}
	}
	start(t, memstore.New(), "only").await("/readyz", http.StatusOK)
}

func TestOnlyQuestionsAreAnswered(t *testing.T) {
	recorder := httptest.NewRecorder()
	leaderhttp.New().ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/leader", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered %d", recorder.Code)
	}
	if got := recorder.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q: an old answer would be taken for a new one", got)
	}
}

// listen reads the events of a handler from a real connection.
func listen(t *testing.T, handler http.Handler) (next func() (name, data string)) {
	t.Helper()
	server := httptest.NewServer(handler)
	ctx, hangUp := context.WithTimeout(t.Context(), patience)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hangUp()
		_ = response.Body.Close()
		server.Close()
	})
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type is %q", got)
	}
	lines := bufio.NewScanner(response.Body)
	return func() (name, data string) {
		t.Helper()
		for lines.Scan() {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "event: "):
				name = line[len("event: "):]
			case strings.HasPrefix(line, "data: "):
				data = line[len("data: "):]
			case line == "" && data != "":
				return name, data
			}
		}
		t.Fatalf("the events have ended: %v", lines.Err())
		return
	}
}

func TestEventsTellWhatHappens(t *testing.T) {
	store := memstore.New()
	first := start(t, store, "first")
	first.await("/leader", http.StatusOK)
	second := start(t, store, "second")
	second.await("/readyz", http.StatusOK)

	next := listen(t, second.handler)
	name, data := next()
	if answer := answerIn(t, data); name != "answer" || answer.Leading || answer.Leader == nil || answer.Leader.ID != "first" {
		t.Errorf("it begins with %s: %s", name, data)
	}
	first.stop()
	for { // an attempt or two may fail before
		name, data := next()
		var event leaderhttp.Event
		if err := json.Unmarshal([]byte(data), &event); err != nil || event.Kind != name || event.ID != "second" || event.Time.IsZero() {
			t.Fatalf("%s: %s (%v)", name, data, err)
		}
		if name == "elected" {
			if event.Term == 0 {
				t.Errorf("elected in no term: %s", data)
			}
			return
		}
	}
}
