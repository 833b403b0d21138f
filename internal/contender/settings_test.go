//go:build linux || darwin

package contender

import (
	"strings"
	"testing"
)

func TestSettingsTravelInTheEnvironment(t *testing.T) {
	sent := settings("redis://:secret@localhost:6379")
	text, err := sent.environment()
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(text, "=")
	t.Setenv(name, value)
	received, ok, err := FromEnvironment()
	if err != nil || !ok || received != sent {
		t.Errorf("%+v %v %v, want %+v", received, ok, err, sent)
	}
}

func TestSettingsThatAreNone(t *testing.T) {
	if _, ok, err := FromEnvironment(); ok || err != nil {
		t.Errorf("%v %v without any", ok, err)
	}
	t.Setenv(environment, "{")
	if _, ok, err := FromEnvironment(); !ok || err == nil {
		t.Errorf("%v %v for garbage", ok, err)
	}
}
