//go:build unix

package main

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/leaderelection/internal/redistest"
)

// beLeader in the environment makes the test binary leader itself: what tests run
// is then built as they are, with the race detector or without.
const beLeader = "TEST_BE_LEADER"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "witness":
		witness(os.Args[2:])
	case os.Getenv(beLeader) != "":
		main()
	default:
		hearEverySignal()
		redistest.Parallel(4) // they wait for leases, mostly
		goleak.VerifyTestMain(m)
	}
}

// hearEverySignal undoes what nohup, a shell's & or a CI runner did to this process:
// signals that are ignored stay so in what it starts, and leader heeds that. A
// signal that is caught is not.
func hearEverySignal() {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

func TestPlainTextHidesCredentials(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"dial redis://user:secret@host:1: refused", "dial redis://***@host:1: refused"},
		{"rediss://:p@ss/w:rd@host", "rediss://***@host"},
		{"redis://host:6379/0", "redis://host:6379/0"},
		{"mail to root@host", "mail to root@host"},
		{"redis://host?sentinel_password=secret&db=3 \"password=secret\"", "redis://host?sentinel_password=***&db=3 \"password=***\""},
		{"leaderelection: stopped", "stopped"},
		{"redis: " + noSentinel + ": redis: nil\nrefused", "no sentinel names the master: this one knows no master of that name; refused"},
		{"ERR unknown command 'auth', with args beginning with: 'user' 'secret' ", "ERR unknown command 'auth'"},
	} {
		if got := plain(test.text); got != test.want {
			t.Errorf("plain(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// What go-redis says about a URL that it cannot read quotes the part in question,
// which is the password as soon as somebody forgets to escape it.
func TestInvalidURLIsNotQuoted(t *testing.T) {
	for _, url := range []string{
		"redis://user:hunter#2@host:6379",
		"redis://user:hunter/2@host:6379",
		"redis://user:12/hunter@host",
		"redis://user:hunter%zz@host:6379",
		"redis://user:hunter 2@host:6379",
		"redis://user:hunter@host:port",
		"redis://user:hunter@host/database",
		"redis://host/0?hunter=1",
		"hunter://host",
		"user:hunter@host:6379",
		"hunter",
		"redis+cluster://user:12/hunter@host,host",
		"redis+cluster://user:hunter@host,host:port",
		"redis-sentinel://user:12?hunter@host,host/main",
		"redis+sentinel://user:hunter@host",
		"redis+sentinel://host/main/hunter",
		"redis+sentinel://host/main?password=hunter",
		"redis+sentinel://host/main?sentinel_password=12&hunter",
		"redis+sentinel://host/main?sentinel_password=12#hunter",
		"redis+sentinel://host/main?sentinel_password=12@hunter",
		"redis+hunter://host",
	} {
		_, err := connect(url)
		if err == nil {
			t.Errorf("%s: accepted", url)
			continue
		}
		if strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: the error quotes the password: %v", url, err)
		}
	}
}

func TestErrorsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"staus":                      "Did you mean this?\n    status\n",
		"status nightly":             `leader status takes flags only, but was given "nightly": the election of that name is --key nightly`,
		"step-down nightly":          "--key nightly",
		"status --key nightly again": `was given "again"` + "\n",
		"list nightly":               `was given "nightly"` + "\n",
		"help nope":                  `unknown command "nope"`,
		"help status nope":           `unknown command "nope" for "leader status"`,
		"completion tcsh":            `no completion for "tcsh"`,
	} {
		i := start(t, nil, strings.Fields(words)...)
		if status := i.status(); status != statusFailed || !strings.Contains(i.stderr.String(), want) || i.stdout.String() != "" {
			t.Errorf("%s: exit status %d, and says\n%s%s", words, status, i.stderr.String(), i.stdout.String())
		}
	}
	for _, words := range []string{"help", "help status", "help config", "help completion bash", "completion", "completion --help"} {
		i := start(t, nil, strings.Fields(words)...)
		if status := i.status(); status != 0 || len(i.stdout.String()) < 100 {
			t.Errorf("%s: exit status %d, and shows\n%s", words, status, i.stdout.String())
		}
	}
}

func TestConnectBoundsCallsByTheirContext(t *testing.T) {
	client, err := connect("redis://user:secret@host.example:7000/3")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	options := client.(*redis.Client).Options()
	if !options.ContextTimeoutEnabled {
		t.Error("a call on a black-holed connection would hang past its deadline (F04)")
	}
	if options.Addr != "host.example:7000" || options.DB != 3 || options.Username != "user" || options.Password != "secret" {
		t.Errorf("connects to %s as %q, database %d", options.Addr, options.Username, options.DB)
	}
}
