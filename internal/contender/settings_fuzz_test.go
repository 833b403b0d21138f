//go:build linux || darwin

package contender

import (
	"strings"
	"testing"
)

// FuzzSettings: what the environment holds makes Settings that can be passed on, or
// an error that shows no password.
func FuzzSettings(f *testing.F) {
	text, err := settings("redis://:secret@localhost:6379").environment()
	if err != nil {
		f.Fatal(err)
	}
	_, text, _ = strings.Cut(text, "=")
	for _, seed := range []string{
		text, text[:len(text)/2], text + "x", "", "{", "{}", "null", "[]", `"redis://:secret@localhost"`, "redis://:secret@localhost:6379",
		`{"URL":["redis://:secret@localhost"]}`, `{"URL":"redis://:secret@localhost","TTL":"1s"}`, `{"URL":"redis://:secret@localhost","TTL":1e99}`,
		`{"url":"\ud800secret"}`, "{\"URL\":\"secret\xff\"}", strings.Repeat(`{"URL":`, 10001),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			return // an environment cannot hold it
		}
		t.Setenv(environment, text)
		received, ok, err := FromEnvironment()
		if !ok {
			t.Fatal("they are taken for none")
		}
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
			return
		}
		passedOn, err := received.environment()
		if err != nil {
			t.Fatalf("%+v cannot be passed on: %v", received, err)
		}
		name, value, _ := strings.Cut(passedOn, "=")
		t.Setenv(name, value)
		if again, _, err := FromEnvironment(); err != nil || again != received {
			t.Errorf("%+v became %+v, %v", received, again, err)
		}
	})
}
