//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
)

// demoPatience bounds a whole round of the demo, on a busy machine.
const demoPatience = 3 * time.Minute

func (i *instance) demoStatus() int {
	i.t.Helper()
	select {
	case <-i.exited:
	case <-time.After(demoPatience):
		i.t.Fatalf("the demo has not ended after %v", demoPatience)
	}
	return i.status()
}

func TestDemoShowsEveryAct(t *testing.T) {
	t.Parallel()
	demo := start(t, nil, "demo", "--ttl", "1s")

	if status := demo.demoStatus(); status != 0 {
		t.Errorf("status %d", status)
	}
	shown := demo.stdout.String()
	if !strings.HasPrefix(shown, demoExplanation) {
		t.Error("it does not begin with an explanation")
	}
	_, table, found := strings.Cut(shown, "\nact  ")
	if !found {
		t.Fatal("there is no table")
	}
	for _, act := range acts {
		if !strings.Contains(table, "\n"+act.name+"  ") {
			t.Errorf("the table lacks %q", act.name)
		}
	}
	table = strings.Join(strings.Fields(table), " ") // lines may break anywhere
	for _, text := range []string{"woke up, IsLeader() was false", "past the lease's end", "Never two leaders at once"} {
		if !strings.Contains(table, text) {
			t.Errorf("the table lacks %q", text)
		}
	}
	if strings.ContainsRune(shown, '\x1b') {
		t.Error("there are escape sequences in what is piped")
	}
}

func TestDemoForAWhileOnSomebodysRedis(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	client := server.Client(t)
	client.Set(t.Context(), "precious", "data", 0)

	// Given a demo that is over after its first act
	demo := start(t, nil, "demo", "--ttl", "1s", "--for", "1ms", "--redis", server.URL())

	// Then it has shown that one, and left nothing behind.
	if status := demo.demoStatus(); status != 0 {
		t.Errorf("status %d", status)
	}
	if shown := demo.stdout.String(); !strings.Contains(shown, acts[0].name) || strings.Contains(shown, acts[1].name) {
		t.Error("it did not show its first act only")
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 1 || keys[0] != "precious" {
		t.Errorf("the Redis has %q", keys)
	}
}

func TestDemoForgetsOnlyItsOwnOnSomebodysRedis(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	client := server.Client(t)
	ctx := t.Context()
	demo, err := newDemoRedis(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer demo.close()
	for _, key := range append(demo.keys(), "precious") {
		client.Set(ctx, key, "data", 0)
	}
	if err := demo.loseData(ctx); err != nil {
		t.Fatal(err)
	}
	if keys := client.Keys(ctx, "*").Val(); len(keys) != 1 || keys[0] != "precious" {
		t.Errorf("the Redis has %q", keys)
	}
}

func TestDemoCleansUpAfterCtrlC(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	client := server.Client(t)
	demo := start(t, nil, "demo", "--ttl", "1s", "--redis", server.URL())
	demo.awaitOutput("leads in term")

	demo.signal(syscall.SIGINT)

	if status := demo.demoStatus(); status != 0 {
		t.Errorf("status %d", status)
	}
	time.Sleep(500 * time.Millisecond) // a candidate that lives on would write
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 0 {
		t.Errorf("the Redis has %q", keys)
	}
}

func TestDemoRefusesWhatCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		text string
	}{
		"no such Redis": {[]string{"--redis", "redis://:secret@127.0.0.1:1"}, "reaching Redis"},
		"no URL":        {[]string{"--redis", "secret"}, "not valid"},
		"a TTL too low": {[]string{"--ttl", "1ms"}, "--ttl 1ms: use at least 100ms"},
		"no TTL":        {[]string{"--ttl", "0s"}, "--ttl 0s: use at least 100ms"},
		"arguments":     {[]string{"please"}, "please"},
		"by hand":       {[]string{"candidate"}, "started by leader demo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			demo := start(t, nil, append([]string{"demo"}, test.args...)...)
			if status := demo.status(); status != statusFailed {
				t.Errorf("status %d", status)
			}
			if text := demo.stderr.String(); !strings.Contains(text, test.text) || strings.Contains(text, "secret") {
				t.Errorf("it says %q, want %q", text, test.text)
			}
		})
	}
}

func TestDemoResult(t *testing.T) {
	failed := errors.New("no leader")
	overlap := []belief.Violation{{Rule: belief.OneLeader, For: time.Second}}
	for name, test := range map[string]struct {
		violations []belief.Violation
		err        error
		want       int
	}{
		"all went well":             {nil, nil, 0},
		"ctrl-C":                    {nil, context.Canceled, 0},
		"it got stuck":              {nil, failed, statusFailed},
		"two leaders":               {overlap, nil, statusTwoLeaders},
		"two leaders before ctrl-C": {overlap, context.Canceled, statusTwoLeaders},
		"two leaders, then stuck":   {overlap, failed, statusTwoLeaders},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitStatus(t.Output(), demoResult(test.violations, test.err)); got != test.want {
				t.Errorf("status %d, want %d", got, test.want)
			}
		})
	}
}
