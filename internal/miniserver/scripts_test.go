package miniserver_test

import (
	"fmt"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/miniserver"
)

// Scripts are executed in miniredis' place; what they answer must be what it would.
func TestScriptsAnswerAsThoseOfMiniredis(t *testing.T) {
	theirs := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	defer func() { _ = theirs.Close() }()
	ours := started(t)

	for _, script := range []string{
		"return 1", "return 1.9", "return 'text'", "return true", "return false", "return nil", "return",
		"return {1, 'two', {3}, false, 5}",
		"return {1, nil, 3}",
		"return redis.call('SET', KEYS[1], ARGV[1], 'PX', '60000')",
		"return redis.call('GET', KEYS[1])",
		"return redis.call('GET', 'no such key')",
		"return redis.call('GET', 'no such key') == false",
		"return redis.call('PTTL', KEYS[1]) > 0",
		"return redis.call('HSET', 'h', 'a', 1, 'b', '2')",
		"return redis.call('HMGET', 'h', 'a', 'none', 'b')",
		"return redis.call('HGETALL', 'h')",
		"return redis.pcall('LPUSH', KEYS[1], 'x').err",
		"return redis.pcall('LPUSH', KEYS[1], 'x')",
		"return redis.error_reply('MINE and more')",
		"return redis.call('PUBLISH', 'channel', 'message')",
		"return redis.call('SET', KEYS[1], 'again')",
		"return #KEYS .. ' ' .. #ARGV",
		"return string.format('%.0f', 2^53) .. ' ' .. tostring(tonumber('7'))",
		"local t = {} for w in string.gmatch('a b c', '%S+') do t[#t + 1] = w end return t",
		"return {unpack({'x', 'y'})}",
	} {
		want := answerOf(t, theirs, script)
		if got := answerOf(t, ours, script); got != want {
			t.Errorf("%s\n answers %s\n not     %s", script, got, want)
		}
	}
}

// started returns a client of a server that has just been started.
func started(t *testing.T) *redis.Client {
	t.Helper()
	server := miniserver.New()
	t.Cleanup(server.Close)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func answerOf(t *testing.T, client *redis.Client, script string) string {
	value, err := client.Eval(t.Context(), script, []string{"key"}, "one", 2).Result()
	return fmt.Sprintf("%#v, %v", value, err)
}

// A script's text is known by its hash once it was sent, until the server forgets it.
func TestScriptsAreKnownByTheirHashUntilTheyAreFlushed(t *testing.T) {
	client := started(t)
	script := redis.NewScript("return ARGV[1]")
	known := func() bool {
		err := script.EvalSha(t.Context(), client, nil, "x").Err()
		if err != nil && !redis.HasErrorPrefix(err, "NOSCRIPT") {
			t.Fatal(err)
		}
		return err == nil
	}

	if known() {
		t.Error("it is known before it was sent")
	}
	if err := script.Eval(t.Context(), client, nil, "x").Err(); err != nil {
		t.Fatal(err)
	}
	if !known() {
		t.Error("it is not known after it was sent")
	}
	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if known() {
		t.Error("it is known after SCRIPT FLUSH")
	}
}

// An error that a script does not catch keeps its code, which clients go by. (It is
// what Redis does, and miniredis doesn't.)
func TestScriptsKeepTheCodeOfAnErrorThatTheyDoNotCatch(t *testing.T) {
	client := started(t)
	client.Set(t.Context(), "key", "text", 0)
	err := client.Eval(t.Context(), "return redis.call('LPUSH', KEYS[1], 'x')", []string{"key"}).Err()
	if !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("the answer is %v", err)
	}
}

// What is no script at all is answered as an error, and harms nobody.
func TestScriptsThatAreNoneAreErrors(t *testing.T) {
	client := started(t)
	for _, command := range [][]any{
		{"EVAL", "this is not Lua", 0},
		{"EVAL", "return 1", "many"},
		{"EVAL", "return 1", 3, "one key"},
		{"EVAL", "return no.such.thing", 0},
		{"EVAL", "return redis.call()", 0},
		{"EVAL", "return redis.call('GET', {})", 0},
		{"EVAL"},
	} {
		if value, err := client.Do(t.Context(), command...).Result(); err == nil {
			t.Errorf("%v answers %v", command, value)
		}
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}
