package protocol

import (
	"errors"
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
	{"ERR Protocol error: unauthenticated", "Redis asks for a password", "set Username and Password in the client's options"}, // instead of NOAUTH, where a command has more than ten arguments
	{"ERR invalid password", "Redis refuses the password", "set the right Password in the client's options"},
	{"ERR AUTH <password> called without any password", "Redis has no password set, but the client sends one", "remove Password from the client's options"},
	{"WAIT: NOPERM", "the Redis user may not use WAIT, which WithReplicaAcks needs", "grant it with ACL SETUSER, as in docs/redis.md, or leave WithReplicaAcks out"},
	{"WAIT: ERR unknown command", "Redis, or a proxy in front of it, has no WAIT, which WithReplicaAcks needs", "leave WithReplicaAcks out, and read in docs/redis.md what it guards against"},
	{"NOPERM", "the Redis user lacks a permission, or one for the keys <keys>", "grant it with ACL SETUSER, as in docs/redis.md"},
	{"The user executing the script can't", "the Redis user lacks a permission that the scripts need, or one for the keys <keys>", "grant it with ACL SETUSER, as in docs/redis.md"},
	{"unknown command 'sentinel'", "what is asked as a sentinel is none, but a Redis", "set SentinelAddrs in the client's options to those of sentinels (their port is 26379 by default), or use a client of one server"},
	{"unknown command `sentinel`", "what is asked as a sentinel is none, but a Redis", "set SentinelAddrs in the client's options to those of sentinels (their port is 26379 by default), or use a client of one server"}, // 6.2
	{"DB index is out of range", "Redis has no database of that number", "set DB in the client's options to a lower one, 0 for the first, or raise databases in redis.conf"},
	{"SELECT is not allowed in cluster mode", "Redis is a node of a Cluster, which has database 0 only", "leave DB out of the client's options, and use a client of a Cluster"},
	{"This instance has cluster support disabled", "what is asked as a node of a Cluster is none, but one server", "use a client of one server, or the addresses of a Cluster's nodes"},
	{"ERR unknown command", "Redis lacks a command that the election on key <key> needs", "allow EVALSHA and EVAL, and what else docs/redis.md lists"},
	{"Unknown Redis command called from", "Redis lacks a command that the election on key <key> needs", "allow the commands in docs/redis.md"},
	{"remote error: tls: certificate required", "Redis asks for a client certificate", "set Certificates in the TLSConfig of the client's options"},
	{"remote error: tls: handshake failure", "Redis refuses the TLS handshake, as it does without a client certificate or a cipher that both know", "set Certificates in the TLSConfig of the client's options, or see in the log of Redis what it misses"},
	{"remote error: tls: protocol version not supported", "Redis refuses the client's version of TLS", "set MinVersion and MaxVersion in the TLSConfig of the client's options to what its tls-protocols has"},
	{"remote error: tls: unknown certificate authority", "Redis does not know the CA of the client's certificate", "set Certificates in the TLSConfig of the client's options to one of a CA in its tls-ca-cert-file"},
	{"remote error: tls: expired certificate", "Redis finds the client's certificate expired", "renew the one in the TLSConfig of the client's options, or see whether the clock of Redis is right"},
	{"remote error: tls: revoked certificate", "Redis finds the client's certificate revoked", "use another one in the TLSConfig of the client's options"},
	{"remote error: tls: bad certificate", "Redis refuses the client's certificate", "use another one in the TLSConfig of the client's options, and see in the log of Redis why"},
	{"remote error: tls: unsupported certificate", "Redis refuses the client's certificate", "use one that is for clients in the TLSConfig of the client's options"},
	{"tls: first record does not look like a TLS handshake", "what is at the address of Redis does not speak TLS", "use Redis's TLS port, or leave TLSConfig out of the client's options (redis:// instead of rediss://)"},
	{"CROSSSLOT", "Redis Cluster finds the keys <keys> in different slots", "use a RedisKeyName without braces, or with one pair around its beginning"},
}

// namedKey finds the number that a script has put in place of a key's name.
var namedKey = regexp.MustCompile(`WRONGTYPE key (\d) (.*)`)

// classify makes a *leaderelection.ConfigurationError of what retrying cannot
// mend, and leaves every other error as it is: an unknown outcome.
func classify(err error, keyNames []string) error {
	if err == nil {
		return nil
	}
	err = withoutArguments(err)
	text := err.Error()
	if match := namedKey.FindStringSubmatch(text); match != nil {
		return &leaderelection.ConfigurationError{
			Problem: fmt.Sprintf("key %q %s", nameOf(match[1], keyNames), match[2]),
			Remedy:  "nothing was overwritten; choose another key name, or look what it is and delete it",
			Err:     err,
		}
	}
	for _, h := range hopeless {
		if mentions(text, h.code) {
			quoted := strings.Trim(fmt.Sprintf("%q", keyNames), "[]")
			problem := strings.NewReplacer("<keys>", quoted, "<key>", strconv.Quote(nameOf("1", keyNames))).Replace(h.problem)
			return &leaderelection.ConfigurationError{Problem: problem, Remedy: h.remedy, Err: err}
		}
	}
	return classifyCertificate(err)
}

// withoutArguments cuts what Redis quotes of a command that it does not know: of
// AUTH, that is the password. What it was cut from is not wrapped, lest it be shown.
func withoutArguments(err error) error {
	if before, _, quotes := strings.Cut(err.Error(), ", with args beginning with"); quotes {
		return errors.New(before)
	}
	return err
}

// mentions reports whether an error begins with a code, or quotes one that begins
// so, as an error of a script does: ERR Error running script (...): NOPERM ...
func mentions(text, code string) bool {
	for _, before := range []string{"", ": ", "ERR "} {
		if before == "" && strings.HasPrefix(text, code) || before != "" && strings.Contains(text, before+code) {
			return true
		}
	}
	return false
}

func nameOf(number string, keyNames []string) string {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(keyNames) {
		return "number " + number
	}
	return keyNames[n-1]
}
