package redisstore

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"example.com/leaderelection"
)

// hopeless lists the answers that retrying cannot mend (F18), by the error code
// with which Redis begins them, or which it quotes when a script raised them.
// Everything else is an unknown outcome: time-outs, connections that break, and
// the answers of a server that is loading, read-only, out of memory, busy,
// without its replicas or its cluster (F17).
var hopeless = []struct{ code, problem, remedy string }{
	{"WRONGPASS", "Redis refuses the user name or password", "set the right Username and Password in the client's options"},
	{"NOAUTH", "Redis asks for a password", "set Username and Password in the client's options"},
	{"ERR invalid password", "Redis refuses the password", "set the right Password in the client's options"},
	{"ERR AUTH <password> called without any password", "Redis has no password set, but the client sends one", "remove Password from the client's options"},
	{"NOPERM", "the Redis user lacks a permission", "grant it with ACL SETUSER; the error names it"},
	{"ERR The user executing the script can't", "the Redis user lacks a permission for what the scripts do", "grant what docs/redis.md lists; the error names what is missing"},
	{"NOSCRIPTS", "Redis runs no scripts", "permit EVAL and EVALSHA"},
	{"CROSSSLOT", "Redis Cluster finds the election's keys in different slots", "use a RedisKeyName without braces, or with one pair around its beginning"},
}

// namedKey finds the number that a script has put in place of a key's name.
var namedKey = regexp.MustCompile(`WRONGTYPE key (\d) (.*)`)

// classify makes a *leaderelection.ConfigurationError of what retrying cannot
// mend, and leaves every other error as it is: an unknown outcome.
func classify(err error, keyNames []string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if match := namedKey.FindStringSubmatch(text); match != nil {
		return &leaderelection.ConfigurationError{
			Problem: fmt.Sprintf("key %q %s", nameOf(match[1], keyNames), match[2]),
			Remedy:  "nothing was overwritten; choose another key name, or look what it is and delete it",
			Err:     err,
		}
	}
	for _, h := range hopeless {
		if strings.HasPrefix(text, h.code) || strings.Contains(text, ": "+h.code) {
			return &leaderelection.ConfigurationError{Problem: h.problem, Remedy: h.remedy, Err: err}
		}
	}
	return err
}

func nameOf(number string, keyNames []string) string {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(keyNames) {
		return "number " + number
	}
	return keyNames[n-1]
}
