package doctor

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

// What the documentation grants is enough. CONFIG it doesn't grant, and what only CONFIG
// tells is not called OK.
func TestDocumentedUser(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	found := examine(t, as(t, documentedUser(t, server)))
	found.allAreOK("persistence")
	found.is("persistence", Warn, "snapshots are taken is not known", "NOPERM")
	if left := server.Client(t).Keys(t.Context(), "*").Val(); len(left) != 0 {
		t.Errorf("it leaves %q behind", left)
	}
}

func TestUsersWhoLackSomething(t *testing.T) {
	t.Parallel()
	exactKeys := []any{"resetkeys", "~jobs:lock", "~{jobs:lock}:lease", "~{jobs:lock}:term", "~{jobs:lock}:history", "~{jobs:lock}:candidates", "~jobs:leader"}
	for name, test := range map[string]struct {
		rules  []any
		expect func(findings)
	}{
		"info": {[]any{"-info"}, func(f findings) {
			f.is("server", Warn, "not known", "ACL SETUSER elector +info")
			f.is("topology", Warn, "not known")
			f.is("eviction", Warn, "not known")
			f.is("persistence", Warn, "not known")
			f.is("replication", Warn, "not known")
			f.is("info", Warn, "scripts may not use it", "+info")
			f.is("permissions", Warn, "INFO")
		}},
		"subscribe": {[]any{"-subscribe"}, func(f findings) { f.is("wake-ups", Warn, "can't listen", "+subscribe", "--retry (2s)") }},
		"channels": {[]any{"resetchannels"}, func(f findings) {
			f.is("wake-ups", Warn, "can't listen", "&{jobs:lock}:events*")
			f.is("permissions", Warn, "PUBLISH")
		}},
		"channel of onlookers": {[]any{"resetchannels", "&{jobs:lock}:events:*"}, func(f findings) { f.is("wake-ups", Warn, "can't listen") }},
		"publish": {[]any{"-publish"}, func(f findings) {
			f.is("wake-ups", Warn, "wakes nobody")
			f.is("permissions", Warn, "PUBLISH")
		}},
		"evalsha": {[]any{"-evalsha"}, func(f findings) {
			f.is("scripts", Fail, "EVALSHA is refused")
			f.is("permissions", Fail, "can't be read")
			f.isOK("round-trip", "PING")
		}},
		"eval": {[]any{"-eval"}, func(f findings) {
			f.is("scripts", Fail, "EVAL is refused")
			f.is("permissions", Fail)
			f.is("info", Warn, "not known")
		}},
		"hset":              {[]any{"-hset"}, func(f findings) { f.is("permissions", Fail, "nobody can lead", "elector") }},
		"hset, with DRYRUN": {[]any{"-hset", "+acl|dryrun"}, func(f findings) { f.is("permissions", Fail, "nobody can lead", "'hset'") }},
		"history":           {[]any{"-xadd"}, func(f findings) { f.is("permissions", Warn, "XADD") }},
		"info key": {[]any{"resetkeys", "~jobs:lock", "~{jobs:lock}:*"}, func(f findings) {
			f.is("permissions", Warn, `can't be shown under "jobs:leader"`)
			f.is("keys", Warn, "jobs:leader")
		}},
		"lock": {[]any{"resetkeys", "~{jobs:lock}:*", "~jobs:leader"}, func(f findings) { f.is("permissions", Fail, "can't be read") }},
		"time": {[]any{"-time"}, func(f findings) { f.is("clock", Warn, "not known", "+time") }},
		"keys beside them": {exactKeys, func(f findings) {
			f.is("permissions", Warn, "whether leading is is not known", "acl|dryrun", "~{jobs:lock}:*")
		}},
		"keys beside them, with DRYRUN": {append(exactKeys, "+acl|dryrun"), func(f findings) {
			f.is("permissions", OK, "DRYRUN")
		}},
		"keys beside them, and set": {append(exactKeys, "+acl|dryrun", "-set"), func(f findings) {
			f.is("permissions", Fail, "nobody can lead", "'set'")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			test.expect(examine(t, as(t, documentedUser(t, server, test.rules...))))
			if left := server.Client(t).Keys(t.Context(), "*").Val(); len(left) != 0 {
				t.Errorf("it leaves %q behind", left)
			}
		})
	}
}

// Managed services hide some commands.
func TestCommandsThatAreNotThere(t *testing.T) {
	t.Parallel()
	hidden := func(commands ...string) *redistest.Server {
		options := make([]redistest.Option, 0, len(commands))
		for _, command := range commands {
			options = append(options, redistest.WithConfig("rename-command", command, ""))
		}
		return redistest.Start(t, options...)
	}
	found := examine(t, hidden("CONFIG", "ACL", "TYPE").Client(t))
	found.allAreOK("persistence")
	found.is("persistence", Warn, "not known", "unknown command 'config'")
	examine(t, hidden("EVAL").Client(t)).is("scripts", Fail, "EVAL is refused")
	examine(t, hidden("PUBLISH").Client(t)).is("wake-ups", Warn, "wakes nobody")
	examine(t, hidden("DEL").Client(t)).is("permissions", Fail, "nobody can lead", "may be left", "DEL {jobs:lock}:events:doctor-")
}

func TestInfoThatIsMasked(t *testing.T) {
	t.Parallel()
	mini := redistest.StartMini(t)
	mini.Server().MaskInfo(true)
	found := examine(t, mini.Client(t))
	found.is("info", Warn, "without run_id", "without evicted_keys", "without cmdstat")
	found.is("eviction", Warn, "not known")
	found.is("replication", Warn, "not known")
}

func TestWhyNothingCanBeAsked(t *testing.T) {
	t.Parallel()
	locked := redistest.Start(t, redistest.WithConfig("requirepass", "secret"))
	open := redistest.Start(t)
	encrypted := redistest.Start(t, redistest.WithTLS())
	stranger := redistest.NewCertificates(t)
	anonymous := encrypted.TLSConfig()
	anonymous.Certificates = nil
	for name, test := range map[string]struct {
		options redis.Options
		says    []string
	}{
		"nobody listens":           {redis.Options{Addr: "127.0.0.1:1"}, []string{"refused", "nobody listens"}},
		"no such socket":           {redis.Options{Network: "unix", Addr: "/no/such/socket"}, []string{"no such socket"}},
		"no such host":             {redis.Options{Addr: "redis.invalid:6379"}, []string{`"redis.invalid"`, "can't be resolved"}},
		"no password":              {redis.Options{Addr: locked.Addr()}, []string{"doesn't let this user in", "user:password@"}},
		"wrong password":           {redis.Options{Addr: locked.Addr(), Password: "hunter2"}, []string{"doesn't let this user in", "refuses the user name or password"}},
		"password of nobody":       {redis.Options{Addr: open.Addr(), Username: "nobody", Password: "hunter2"}, []string{"doesn't let this user in", "refuses the user name or password"}},
		"plaintext to TLS":         {redis.Options{Addr: encrypted.Addr()}, []string{"closed without an answer", "rediss://"}},
		"TLS to plaintext":         {redis.Options{Addr: open.Addr(), TLSConfig: stranger.Config()}, []string{"rediss://"}},
		"another's CA":             {redis.Options{Addr: encrypted.Addr(), TLSConfig: stranger.Config()}, []string{"does not trust", "--tls-ca"}},
		"no client certificate":    {redis.Options{Addr: encrypted.Addr(), TLSConfig: anonymous}, []string{"client certificate", "--tls-cert"}},
		"no such database":         {redis.Options{Addr: open.Addr(), DB: 99}, []string{"no database", "behind the host"}},
		"nobody, at the first try": {redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1}, []string{"refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.options.ContextTimeoutEnabled = true
			begun := time.Now()
			found := examine(t, as(t, &test.options))
			found.is("reachable", Fail, test.says...)
			if len(found.of) != 1 {
				t.Errorf("it goes on with %d checks", len(found.of)-1)
			}
			if took := time.Since(begun); took > wholeTime {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// How a server hangs up is up to chance where TLS is refused: what is said must not be.
func TestHangingUp(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.EOF, syscall.ECONNRESET, syscall.EPIPE} {
		plain := newExam(Patient{Client: as(t, &redis.Options{})})
		encrypted := newExam(Patient{Client: as(t, &redis.Options{TLSConfig: new(tls.Config)})})
		if _, remedy := plain.unreachable(err); !strings.Contains(remedy, "rediss://") {
			t.Errorf("%v without TLS: %s", err, remedy)
		}
		if _, remedy := encrypted.unreachable(err); !strings.Contains(remedy, "--tls-cert") {
			t.Errorf("%v with TLS: %s", err, remedy)
		}
	}
}

func TestSomethingElseAnswers(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	examine(t, as(t, &redis.Options{Addr: web.Listener.Addr().String(), ContextTimeoutEnabled: true})).
		is("reachable", Fail, "something else than Redis", "correct the host and port")
}

// From the beginning, or from any moment on: it ends in time, and nothing is called OK that
// was not seen.
func TestNetworkThatGoesSilent(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	t.Run("at first", func(t *testing.T) {
		t.Parallel()
		proxy := redistest.NewProxy(t, server.Addr())
		proxy.BlackHole()
		begun := time.Now()
		found := examine(t, as(t, &redis.Options{Addr: proxy.Addr(), ContextTimeoutEnabled: true}))
		found.is("reachable", Fail, "no answer within 4s", "firewall")
		if took := time.Since(begun); took > 2*contactTime {
			t.Errorf("it took %v", took)
		}
	})
	for _, from := range []string{"server", "round-trip", "permissions", "wake-ups"} {
		t.Run("from "+from, func(t *testing.T) {
			t.Parallel()
			proxy := redistest.NewProxy(t, server.Addr())
			silent := false
			begun := time.Now()
			found := examineAs(t, Patient{Client: as(t, &redis.Options{Addr: proxy.Addr(), ContextTimeoutEnabled: true}), Config: config()}, func(check string) {
				if check == from {
					proxy.BlackHole()
					silent = true
				}
			})
			for _, check := range []string{"wake-ups", "keys", "election"} { // which ask, each
				if found.of[check].Status != Warn {
					t.Errorf("%s is %s: %s", check, found.of[check].Status, found.of[check].Found)
				}
			}
			if took := time.Since(begun); !silent || took > wholeTime+checkTime {
				t.Errorf("it took %v", took)
			}
		})
	}
}
