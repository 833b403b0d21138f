//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settled executes a command line in an environment with a file, up to where the command
// would begin, and returns the command as it is then.
func settled(t *testing.T, env map[string]string, file string, args ...string) (*cobra.Command, string, error) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "LEADER_") || name == redisURLVariable {
			t.Setenv(name, "") // which is as if it was not there
		}
	}
	t.Setenv("LEADER_CONFIG", configured(t, file, 0o600))
	for name, value := range env {
		t.Setenv(name, value)
	}
	root := newRootCommand()
	cmd, _, err := root.Find(args)
	if err != nil {
		t.Fatal(err)
	}
	cmd.RunE = func(*cobra.Command, []string) error { return nil }
	var warnings strings.Builder
	root.SetErr(&warnings)
	root.SetArgs(args)
	cmd, err = root.ExecuteC()
	return cmd, warnings.String(), tellOrigins(cmd, err)
}

// configured is the name of a new file with that in it.
func configured(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// samples are three values for each type of flag, none of them a default.
var samples = map[string][3]string{
	"string": {"one", "two", "three"}, "duration": {"11s", "12s", "13s"}, "int": {"11", "12", "13"}, "FORMAT": {"yaml", "json", "yaml"},
}

func TestEveryFlagCanBeGivenInThreeWays(t *testing.T) {
	commands, flags := 0, 0
	for _, cmd := range newRootCommand().Commands() {
		if cmd.Flags().Lookup(configFlag) == nil {
			continue
		}
		commands++
		args := []string{cmd.Name()}
		if cmd.Name() == "run" {
			args = append(args, "--", "true", "--ttl", "this is the command's")
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.Name == "help" || flag.Name == configFlag {
				return
			}
			flags++
			variable := "LEADER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
			expect := func(want string, env map[string]string, file string, args ...string) {
				t.Helper()
				got, _, err := settled(t, env, file, args...)
				if err != nil || got.Flags().Lookup(flag.Name).Value.String() != want {
					t.Errorf("%v with %v and %q: %s is %s, %v, want %s", args, env, file, flag.Name, got.Flags().Lookup(flag.Name).Value, err, want)
				}
			}
			if flag.Value.Type() == "bool" {
				expect("true", map[string]string{variable: "true"}, "", args...)
				expect("true", nil, flag.Name+": true", args...)
				expect("false", map[string]string{variable: "false"}, flag.Name+": true", args...)
				expect("false", map[string]string{variable: "true"}, "", append([]string{args[0], "--" + flag.Name + "=false"}, args[1:]...)...)
				return
			}
			values, ok := samples[flag.Value.Type()]
			if !ok {
				t.Fatalf("%s: no samples of %s", flag.Name, flag.Value.Type())
			}
			file, env := fmt.Sprintf("%s: %s", flag.Name, values[2]), map[string]string{variable: values[1]}
			expect(values[2], nil, file, args...)
			expect(values[1], env, file, args...)
			expect(values[0], env, file, append([]string{args[0], "--" + flag.Name, values[0]}, args[1:]...)...)
			expect(flag.DefValue, map[string]string{variable: ""}, "", args...)
		})
	}
	if commands < 6 || flags < 50 {
		t.Errorf("only %d flags of %d commands", flags, commands)
	}
}

// REDIS_URL is older than LEADER_REDIS, and as good as it, but for that.
func TestRedisURLIsAVariableToo(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{redisURLVariable: "old", "LEADER_REDIS": "new"}, "new"},
		{map[string]string{redisURLVariable: "old"}, "old"},
		{nil, "file"},
	} {
		if cmd, _, err := settled(t, test.env, "redis: file", "list"); err != nil || cmd.Flags().Lookup("redis").Value.String() != test.want {
			t.Errorf("%v: %s, %v, want %s", test.env, cmd.Flags().Lookup("redis").Value, err, test.want)
		}
	}
}

// Of two flags that exclude each other, the one with more weight counts.
func TestFlagsThatExcludeEachOther(t *testing.T) {
	quiet := func(cmd *cobra.Command) string {
		return cmd.Flags().Lookup("quiet").Value.String() + cmd.Flags().Lookup("verbose").Value.String()
	}
	if cmd, _, err := settled(t, map[string]string{"LEADER_VERBOSE": "true"}, "verbose: true", "serve", "-q"); err != nil || quiet(cmd) != "truefalse" {
		t.Errorf("-q beside LEADER_VERBOSE: %s, %v", quiet(cmd), err)
	}
	if cmd, _, err := settled(t, map[string]string{"LEADER_VERBOSE": "true", "LEADER_QUIET": "false"}, "quiet: true", "serve"); err != nil || quiet(cmd) != "falsetrue" {
		t.Errorf("LEADER_VERBOSE beside a file with quiet: %s, %v", quiet(cmd), err)
	}
	_, _, err := settled(t, map[string]string{"LEADER_VERBOSE": "true", "LEADER_QUIET": "true"}, "", "serve")
	if err == nil || !strings.Contains(err.Error(), "LEADER_QUIET and LEADER_VERBOSE") {
		t.Errorf("both: %v", err)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		file string
		says []string
	}{
		"misspelt":            {nil, "tls_ca: file", []string{"config.yaml", "tls_ca", "did you mean tls-ca?"}},
		"of no command":       {nil, "nonsense: 7", []string{"config.yaml", "nonsense", "names of flags"}},
		"not a setting":       {nil, "config: file", []string{"config.yaml", "no setting config"}},
		"a value in a file":   {nil, "ttl: soon", []string{"ttl in ", "config.yaml", `"soon"`}},
		"a bare number":       {nil, "ttl: 10", []string{"ttl in ", `"10"`, `like "30s"`}},
		"another YAML":        {nil, "key: 007", []string{"key in ", "quotes"}},
		"yes is true":         {nil, "id: yes", []string{"id in ", "quotes"}},
		"a list":              {nil, "redis: [redis://:hunter@host]", []string{"redis in ", "one value"}},
		"nothing":             {nil, "redis:", []string{"redis in ", "one value"}},
		"twice":               {nil, "redis: redis://:hunter@host\nredis: redis://:hunter@host", []string{"config.yaml", `"redis"`}},
		"only a URL":          {nil, "redis://:hunter@host", []string{"config.yaml", "NAME: VALUE"}},
		"not YAML":            {nil, "redis: \"redis://:hunter@host", []string{"config.yaml", "yaml: "}},
		"a value":             {map[string]string{"LEADER_RESTART": "perhaps"}, "", []string{"LEADER_RESTART", `"perhaps"`}},
		"of another command":  {map[string]string{"LEADER_OUTPUT": "hunter"}, "", nil}, // no flag of run's
		"a file that isn't":   {map[string]string{"LEADER_CONFIG": "/no/such/file"}, "", []string{"--config /no/such/file", "no such file", "from LEADER_CONFIG"}},
		"another's in a file": {nil, "terms: many", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := settled(t, test.env, test.file, "run", "--", "true")
			if test.says == nil {
				if err != nil {
					t.Errorf("%v, but it is of another command", err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, words := range test.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("it shows the password: %q", err)
			}
		})
	}
}

// What a command finds wrong itself names the flag; who has not written that wants to know
// where it is from.
func TestErrorsTellWhereAValueIsFrom(t *testing.T) {
	t.Parallel()
	file := configured(t, "grace: -1s", 0o600)
	for _, test := range []struct {
		env  string
		says []string
	}{
		{"LEADER_TTL=1ms", []string{"--ttl 1ms: use at least", "--ttl is from LEADER_TTL"}},
		{"LEADER_CONFIG=" + file, []string{"--grace -1s", "--grace is from grace in " + file}},
		{"REDIS_URL=redis://:hunter@host:port", []string{"--redis: the Redis URL is not valid", "--redis is from REDIS_URL"}},
	} {
		i := start(t, []string{redisURLVariable + "=" + nobodyListens, test.env}, "run", "--", "true")
		if status := i.status(); status != statusFailed {
			t.Errorf("%s: exit status %d", test.env, status)
		}
		for _, words := range test.says {
			if text := i.stderr.String(); !strings.Contains(text, words) || strings.Contains(text, "hunter") {
				t.Errorf("%s: %q does not say %q", test.env, text, words)
			}
		}
	}
}

func TestDefaultFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := []string{"LEADER_CONFIG=", "XDG_CONFIG_HOME=" + dir}
	if err := os.MkdirAll(filepath.Join(dir, "leader"), 0o700); err != nil {
		t.Fatal(err)
	}
	wrong := func(args ...string) string {
		i := start(t, env, append([]string{"status"}, args...)...)
		i.status()
		return i.stderr.String()
	}
	if text := wrong(); !strings.Contains(text, "no Redis given") {
		t.Errorf("without a file: %s", text)
	}
	file := filepath.Join(dir, "leader", "config.yaml")
	if err := os.WriteFile(file, []byte("redis: redis://127.0.0.1:1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := wrong(); !strings.Contains(text, "127.0.0.1:1: connect: connection refused") {
		t.Errorf("with one: %s", text)
	}
	if text := wrong("--config", ""); !strings.Contains(text, "no Redis given") {
		t.Errorf("with one that is not wanted: %s", text)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil { // it is there, and can't be read
		t.Fatal(err)
	}
	if text := wrong(); !strings.Contains(text, file) || !strings.Contains(text, "--config") {
		t.Errorf("with one that can't be read: %s", text)
	}
}

// Commands that need no Redis need no settings either, and no file that is in order.
func TestSettingsDisturbNobodyElse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"help", "config"}, {"config"}, {"completion", "bash"}, {"demo", "--help"}, {"run", "--help"}} {
		i := start(t, []string{"LEADER_CONFIG=/no/such/file", "LEADER_NO_DESCRIPTIONS=nonsense", "LEADER_FOR=nonsense"}, args...)
		if status := i.status(); status != 0 || i.stderr.String() != "" {
			t.Errorf("%v: exit status %d:\n%s", args, status, i.stderr.String())
		}
	}
	for _, cmd := range []*cobra.Command{newGuardianCommand(), newDemoCommand()} {
		if err := settle(cmd, os.Stderr); err != nil || cmd.Flags().Lookup(configFlag) != nil {
			t.Errorf("%s takes settings: %v", cmd.Name(), err)
		}
	}
}

func TestAPasswordThatEverybodyCanReadIsWarnedOf(t *testing.T) {
	for _, test := range []struct {
		url  string
		mode os.FileMode
		want bool
	}{
		{"redis://user:hunter@host", 0o644, true},
		{"redis+sentinel://host,host/main?sentinel_password=hunter", 0o644, true},
		{"redis://user:hunter@host", 0o640, false},
		{"redis://user@host:6379/0", 0o644, false},
	} {
		file := configured(t, "redis: "+test.url, test.mode)
		if err := os.Chmod(file, test.mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
		_, warnings, err := settled(t, map[string]string{"LEADER_CONFIG": file}, "", "list")
		if err != nil || strings.Contains(warnings, file) != test.want || strings.Contains(warnings, "hunter") {
			t.Errorf("%s, %o: %q, %v", test.url, test.mode, warnings, err)
		}
	}
}

// What leader run tells its command is what leader status in there asks for. A leader run in
// there must not wait for its own parent.
func TestLeaderUnderLeader(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	inside := func(args ...string) []string {
		return append([]string{"-q", "--key", "nightly", "--id", "me", "--ttl", "1m", "--", os.Args[0]}, args...)
	}
	i := run(t, server.URL(), inside("status", "-o", "json")...)
	if status := i.status(); status != 0 {
		t.Errorf("status: exit status %d", status)
	}
	if s := decode[status](t, i.stdout.String(), json.Unmarshal); s.Election != "nightly" || s.Leader == nil || s.Leader.ID != "me" {
		t.Errorf("status shows %+v", s)
	}
	same, other := configured(t, "key: nightly", 0o600), configured(t, "key: other", 0o600)
	for _, args := range [][]string{{"run", "--", "echo", "ran"}, {"serve"}, {"run", "--config", same, "--", "echo", "ran"}} {
		i := run(t, server.URL(), inside(args...)...)
		if status := i.status(); status != statusFailed || !strings.Contains(i.stderr.String(), "--key") || i.stdout.String() != "" {
			t.Errorf("%v: exit status %d, %q", args, status, i.stderr.String())
		}
	}
	elsewhere := settledRedis(t) // where the same name is another election
	for _, args := range [][]string{{"--key", "other"}, {"--config", other}, {"--redis", elsewhere.URL(), "--key", "nightly"}} {
		i := run(t, server.URL(), inside(append(append([]string{"run", "-q"}, args...), "--", "sh", "-c", `echo "$LEADER_KEY $LEADER_ID"`)...)...)
		if status := i.status(); status != 0 || i.stdout.String() != args[len(args)-1]+" me\n" && i.stdout.String() != "other me\n" {
			t.Errorf("%v: exit status %d, %q", args, status, i.stdout.String())
		}
	}
}
