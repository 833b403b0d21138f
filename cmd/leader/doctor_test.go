//go:build unix

package main

import (
	"encoding/json"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"example.com/leaderelection/internal/doctor"
	"example.com/leaderelection/internal/redistest"
	"sigs.k8s.io/yaml"
)

// examined runs doctor, again where the answer is not good: on a busy machine there may be
// round trips that are a WARN. It returns the last answer.
func examined(t *testing.T, url string, want int, good func(text string) bool, args ...string) (text string) {
	t.Helper()
	attempts(func() bool {
		text = ask(t, url, want, append([]string{"doctor"}, args...)...)
		return good(text)
	})
	return text
}

// saying is good where those words are.
func saying(words string) func(text string) bool {
	return func(text string) bool { return strings.Contains(text, words) }
}

func TestDoctorOfAGoodRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	const allOK = "\nnightly: 15 OK, 0 WARN, 0 FAIL\n"
	text := examined(t, server.URL(), 0, saying(allOK), "--key", "nightly")
	for _, want := range []string{"OK    reachable    " + server.Addr(), "OK    server       Redis", "OK    election     nobody has led", allOK} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for name, by := range map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"yaml": func(text []byte, value any) error { return yaml.Unmarshal(text, value) },
	} {
		isOK := func(text string) bool { return decode[map[string]any](t, text, by)["status"] == "OK" }
		got := decode[map[string]any](t, examined(t, server.URL(), 0, isOK, "--key", "nightly", "--ttl", "5s", "-o", name), by)
		checks, _ := got["checks"].([]any)
		if got["election"] != "nightly" || got["status"] != "OK" || got["ttlSeconds"] != 5.0 || got["heartbeatSeconds"] != 1.5 || got["retrySeconds"] != 1.0 || len(checks) != 15 {
			t.Errorf("%s: %v", name, got)
		}
		if first, _ := checks[0].(map[string]any); first["check"] != "reachable" || first["status"] != "OK" || first["found"] == "" {
			t.Errorf("%s: the first check is %v", name, first)
		}
	}
}

// The table is for 80 columns, the status for scripts; what somebody has put into Redis is
// not obeyed by a terminal.
func TestDoctorOfABadRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithConfig("maxmemory", "100mb"), redistest.WithConfig("maxmemory-policy", "volatile-ttl"))
	if err := server.Client(t).Set(t.Context(), "nightly", "\x1b[31mforeign", 0).Err(); err != nil {
		t.Fatal(err)
	}
	const count = "\nnightly: 13 OK, 1 WARN, 1 FAIL\n"
	text := examined(t, server.URL(), statusUnfit, saying(count), "--key", "nightly")
	for _, want := range []string{
		"\nWARN  eviction     volatile-ttl evicts",
		"\n                   → CONFIG SET maxmemory-policy noeviction",
		"\n                     ", // and goes on there
		"\nFAIL  keys         \"nightly\" is held by",
		count,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("it is coloured, or Redis's: %q", text)
	}
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
	if got := decode[diagnosis](t, ask(t, server.URL(), statusUnfit, "doctor", "--key", "nightly", "-o", "json"), json.Unmarshal); got.Status != doctor.Fail {
		t.Errorf("%+v", got)
	}
}

func TestTableOfTheDoctorIsNotObeyed(t *testing.T) {
	d := diagnosis{Election: "\x1b[31m", Checks: []doctor.Result{{Check: "server", Status: doctor.Warn, Found: "Redis \x1b[2J", Remedy: "\x07upgrade"}}}
	got := ansi.ReplaceAllString(d.table(80), "")
	if want := "WARN  server       Redis \ufffd[2J\n                   → \ufffdupgrade\n\n\ufffd[31m: 0 OK, 1 WARN, 0 FAIL\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// ansi finds the colours of ours.
var ansi = regexp.MustCompile("\x1b\\[3?[0-9]?m")

func TestDoctorWhoCannotBegin(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--ttl", "1ms"}, {"--heartbeat", "-1s"}, {"--output", "xml"}, {"--key", ""}, {"--redis", "nonsense"}, {"surplus"}, {"--key", "same", "--info-key", "same"}} {
		i := start(t, []string{redisURLVariable + "=" + nobodyListens}, append([]string{"doctor"}, args...)...)
		if status := i.status(); status != statusFailed || i.stdout.String() != "" || !strings.HasPrefix(i.stderr.String(), "leader: ") {
			t.Errorf("%v: exit status %d, printed %q and %q", args, status, i.stdout.String(), i.stderr.String())
		}
	}
	text := ask(t, nobodyListens, statusUnfit, "doctor")
	if !strings.HasPrefix(text, "FAIL  reachable    ") || !strings.Contains(text, "0 OK, 0 WARN, 1 FAIL") {
		t.Errorf("where nobody listens:\n%s", text)
	}
}

func TestDoctorShowsNoPassword(t *testing.T) {
	t.Parallel()
	plainText := redistest.Start(t, redistest.WithConfig("requirepass", "another"))
	withoutAuth := redistest.Start(t, redistest.WithConfig("rename-command", "AUTH", ""), redistest.WithConfig("rename-command", "HELLO", ""))
	encrypted, flags := secretive(t)
	for name, test := range map[string]struct {
		url   string
		flags []string
		want  int
		says  string
	}{
		"malformed":       {"redis://worker:" + secret + "@localhost:port", nil, statusFailed, ""},
		"nobody listens":  {address("redis", "127.0.0.1:1"), nil, statusUnfit, "refused"},
		"no such host":    {address("redis", "redis.invalid:6379"), nil, statusUnfit, "redis.invalid"},
		"wrong password":  {address("redis", plainText.Addr()), nil, statusUnfit, "refuses the user name"},
		"unknown command": {address("redis", withoutAuth.Addr()), nil, statusUnfit, "user:password@"},
		"no certificate":  {address("rediss", encrypted.Addr()), flags[:2], statusUnfit, "--tls-cert"},
		"no trust":        {address("rediss", encrypted.Addr()), nil, statusUnfit, "--tls-ca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, output := range []string{"table", "json"} {
				i := start(t, []string{redisURLVariable + "=" + test.url}, append([]string{"doctor", "-o", output}, test.flags...)...)
				text := i.status()
				shown := i.stdout.String() + i.stderr.String()
				if text != test.want || !strings.Contains(strings.Join(strings.Fields(shown), " "), test.says) {
					t.Errorf("exit status %d, want %d, and to hear of %q:\n%s", text, test.want, test.says, shown)
				}
				expectNoSecret(t, shown)
			}
		})
	}
}

// Ctrl-C is the end of it, within the time of one check.
func TestDoctorIsInterrupted(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	i := start(t, []string{redisURLVariable + "=redis://" + listener.Addr().String()}, "doctor")
	conn, err := listener.Accept() // and say nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	i.signal(syscall.SIGINT)
	if status := i.status(); status != statusFailed || i.stdout.String() != "" || !strings.Contains(i.stderr.String(), "interrupt") {
		t.Errorf("exit status %d, printed %q and %q", status, i.stdout.String(), i.stderr.String())
	}
}
