//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/protocol"
	"example.com/leaderelection/internal/redistest"
)

// candidates runs so many of them, of which the first leads; each ends with its
// standard input.
func candidates(t *testing.T, url string, ids ...string) []*instance {
	t.Helper()
	all := make([]*instance, 0, len(ids))
	for i, id := range ids {
		one := run(t, url, append([]string{"--key", "nightly", "--ttl", "1m", "--retry", "500ms", "--id", id}, reader...)...)
		if i == 0 {
			one.awaitLog("leading")
		} else {
			one.awaitLog("following")
		}
		all = append(all, one)
	}
	return all
}

// firstRight is for how many seconds nobody but the preferred candidate may lead, less what
// milliseconds swallow. Who is slower than that, on a busy machine, has lost it to anybody.
const firstRight = 0.99

// awaitHearing waits until candidates are subscribed to what they are told of a vacancy: nothing
// is reserved for one that doesn't hear of it.
func awaitHearing(t *testing.T, server *redistest.Mini, ids ...string) {
	t.Helper()
	client := server.Client(t)
	for _, id := range ids {
		channel := protocol.NamesOf("nightly").Events + ":" + id
		await(t, id+" to hear of vacancies", func() bool { return client.PubSubNumSub(t.Context(), channel).Val()[channel] > 0 })
	}
}

func TestStepDownSaysWhoTookOver(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	all := candidates(t, server.URL(), "first", "second", "third")
	awaitHearing(t, server, "third")

	var got handover
	asked := 0
	attempts(func() bool {
		got = decode[handover](t, ask(t, server.URL(), 0, "step-down", "--key", "nightly", "--to", "third", "--by", "alice", "-o", "json"), json.Unmarshal)
		asked++
		wasLate := got.Leaderless != nil && *got.Leaderless >= firstRight
		return got.To.ID == "third" || !wasLate
	})
	if asked == 1 && got.From.ID != "first" || got.To.ID != "third" || got.To.Term <= got.From.Term || got.Leaderless == nil || *got.Leaderless < 0 {
		t.Errorf("%+v", got)
	}
	all[2].awaitLog("leading")
	all[0].awaitLog("asked by alice")
	if text := ask(t, server.URL(), 0, "step-down", "--key", "nightly", "--to", "third"); !strings.Contains(text, "third leads already") {
		t.Errorf("in favour of who leads:\n%s", text)
	}

	text := ask(t, server.URL(), 0, "step-down", "--key", "nightly")
	for _, want := range []string{"stepped down", "third", "leads now", "nobody led", "term"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	text = ask(t, server.URL(), 0, "history", "--key", "nightly")
	for _, want := range []string{"stepped down, by alice", "ASKED FOR", "in favour of third"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	h := decode[history](t, ask(t, server.URL(), 0, "history", "--key", "nightly", "-o", "json"), json.Unmarshal)
	if len(h.Orders) != asked+1 || h.Orders[1].By != "alice" || h.Orders[1].Kind != "step-down" || h.Orders[1].To != "third" || h.Orders[1].Term != got.From.Term {
		t.Errorf("orders: %+v", h.Orders)
	}
}

func TestStepDownThatIsNotDone(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	if i := start(t, []string{redisURLVariable + "=" + server.URL()}, "step-down", "--key", "nightly"); i.status() != statusNobody || !strings.Contains(i.stderr.String(), "nobody leads nightly") {
		t.Errorf("with nobody leading: %d, %s", i.status(), i.stderr.String())
	}
	leader := run(t, server.URL(), "--key", "nightly", "--ttl", "1m", "--id", "stubborn", "--grace", "1h", "--", "sh", "-c", `trap "" TERM; echo ready; while :; do sleep 0.1; done`)
	defer leader.endAtOnce()
	leader.awaitLog("leading")
	await(t, "the command", func() bool { return strings.Contains(leader.stdout.String(), "ready") })
	run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--id", "second"}, reader...)...).awaitLog("following")

	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "step-down", "--key", "nightly", "--to", "nobody")
	if i.status() != statusFailed || !strings.Contains(i.stderr.String(), `"nobody" is not present`) {
		t.Errorf("in favour of nobody known: %d, %s", i.status(), i.stderr.String())
	}
	i = start(t, []string{redisURLVariable + "=" + server.URL()}, "step-down", "--key", "nightly", "--timeout", "3s")
	if i.status() != statusWaited || !strings.Contains(i.stderr.String(), "stubborn was asked to step down") || !strings.Contains(i.stderr.String(), "waiting until another leads") {
		t.Errorf("of a command that doesn't end: %d, %s", i.status(), i.stderr.String())
	}
	if text := ask(t, server.URL(), 0, "status", "--key", "nightly"); !strings.Contains(text, "asked") || !strings.Contains(text, "to step down, by") {
		t.Errorf("the status:\n%s", text)
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	all := candidates(t, server.URL(), "first", "second")
	if text := ask(t, server.URL(), 0, "pause", "--key", "nightly", "--keep-leader", "--by", "alice"); !strings.Contains(text, "first") || !strings.Contains(text, "by alice") {
		t.Errorf("a pause that keeps the leader:\n%s", text)
	}

	got := decode[status](t, ask(t, server.URL(), 0, "pause", "--key", "nightly", "--by", "alice", "-o", "json"), json.Unmarshal)
	if got.State != "paused" || got.Leader != nil || got.Pause == nil || got.Pause.By != "alice" || got.Pause.Until != nil || got.Remaining != nil {
		t.Errorf("%+v, %+v", got, got.Pause)
	}
	all[0].awaitLog("asked by alice")
	all[1].awaitLog("the election is paused")
	if text := ask(t, server.URL(), statusNobody, "status", "--key", "nightly"); !strings.Contains(text, "somebody resumes") {
		t.Errorf("the status:\n%s", text)
	}

	if text := ask(t, server.URL(), 0, "resume", "--key", "nightly"); !strings.Contains(text, "first") && !strings.Contains(text, "second") {
		t.Errorf("after the pause:\n%s", text)
	}
	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "resume", "--key", "nightly")
	if i.status() != 0 || !strings.Contains(i.stderr.String(), "was not paused") {
		t.Errorf("a second resume: %d, %s", i.status(), i.stderr.String())
	}
	got = decode[status](t, ask(t, server.URL(), 0, "pause", "--key", "nightly", "--for", "2h", "-o", "json"), json.Unmarshal)
	if got.Pause == nil || got.Pause.Until == nil || got.Pause.Until.Sub(got.Pause.Since) != 2*time.Hour {
		t.Errorf("a pause of two hours: %+v", got.Pause)
	}
}

func TestPriorityOfCandidates(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	all := candidates(t, server.URL(), "first", "second")
	preferred := run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--id", "preferred", "--priority", "5"}, reader...)...)
	preferred.awaitLog("following")
	awaitHearing(t, server, "preferred")
	if text := ask(t, server.URL(), 0, "status", "--key", "nightly"); !strings.Contains(text, "preferred (priority 5)") {
		t.Errorf("the status:\n%s", text)
	}
	all[0].signal(syscall.SIGTERM)
	await(t, "preferred to lead", func() bool {
		if strings.Contains(preferred.stderr.String(), "leading") {
			return true
		}
		h := decode[history](t, ask(t, server.URL(), 0, "history", "--key", "nightly", "-o", "json"), json.Unmarshal)
		if latest := h.Terms[0]; latest.ID == "second" && latest.Ended == nil {
			if latest.Vacancy == nil || *latest.Vacancy < firstRight {
				t.Fatalf("second leads, before preferred had time to: %+v", latest)
			}
			ask(t, server.URL(), 0, "step-down", "--key", "nightly") // preferred was late, and has another chance
		}
		return false
	})

	run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--retry", "200ms", "--id", "above", "--priority", "6", "--preempt"}, reader...)...).awaitLog("leading")
	preferred.awaitLog("asked by above")

	i := start(t, []string{redisURLVariable + "=" + server.URL()}, "run", "--priority", "1001", "--", "true")
	if i.status() != statusFailed || !strings.Contains(i.stderr.String(), "from -1000 to 1000") {
		t.Errorf("--priority 1001: %d, %s", i.status(), i.stderr.String())
	}
}

// The application beside it has its grace to notice, as when leader is stopped.
func TestServeKeepsTheLeaseForItsGraceWhenAskedToStepDown(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	env := []string{redisURLVariable + "=" + server.URL()}
	serve := start(t, env, "serve", "--key", "nightly", "--ttl", "1m", "--id", "sidecar", "--listen", "127.0.0.1:0", "--grace", "2s")
	serve.awaitLog("leading")
	run(t, server.URL(), append([]string{"--key", "nightly", "--ttl", "1m", "--id", "second"}, reader...)...).awaitLog("following")

	got := decode[handover](t, ask(t, server.URL(), 0, "step-down", "--key", "nightly", "-o", "json"), json.Unmarshal)
	if got.To.ID != "second" || got.Leaderless == nil || *got.Leaderless < 2 {
		t.Errorf("%+v, nobody led for %v seconds, want 2 or more", got, got.Leaderless)
	}
}
