package protocol

import (
	"errors"
	"strings"
	"testing"

	"example.com/leaderelection"
)

func TestF18HopelessAnswersNameWhatToChange(t *testing.T) {
	t.Parallel()
	keyNames := keysOf("jobs").list()
	for text, says := range map[string]string{
		"WRONGPASS invalid username-password pair or user is disabled.": "Password",
		"NOAUTH Authentication required.":                               "Password",
		"ERR Protocol error: unauthenticated multibulk length":          "Password",
		"ERR invalid password":                                          "Password",
		"ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?": "remove Password",
		"NOPERM this user has no permissions to run the 'evalsha' command":                                                             `"jobs" "{jobs}:lease"`,
		"NOPERM No permissions to access a key":                                                                                        `"jobs" "{jobs}:lease"`,
		"ERR Error running script (call to f_0): @user_script:5: NOPERM this user has no permissions":                                  "ACL SETUSER",
		"NOPERM ACL failure in script: User x has no permissions to run the 'set' command":                                             "ACL SETUSER",
		"CROSSSLOT Keys in request don't hash to the same slot":                                                                        `"jobs" "{jobs}:lease"`,
		"ERR unknown command 'evalsha', with args beginning with: ''":                                                                  "EVALSHA",
		"ERR DB index is out of range":                                                                                                 "DB",
		"DB index is out of range":                                                                                                     "DB", // as rueidis puts it
		"ERR SELECT is not allowed in cluster mode":                                                                                    "client of a Cluster",
		"ERR This instance has cluster support disabled":                                                                               "client of one server",
		"redis: all sentinels specified in configuration are unreachable: ERR unknown command 'sentinel', with args beginning with: 'get-master-addr-by-name' 'main' ":   "26379",
		"redis: all sentinels specified in configuration are unreachable: ERR unknown command `sentinel`, with args beginning with: `get-master-addr-by-name`, `main`, ": "26379",
		"remote error: tls: certificate required":                                                                                                     "asks for a client certificate",
		"remote error: tls: bad certificate":                                                                                                          "TLSConfig",
		"remote error: tls: unsupported certificate":                                                                                                  "TLSConfig",
		"remote error: tls: revoked certificate":                                                                                                      "TLSConfig",
		"write tcp 127.0.0.1:2->127.0.0.1:1: remote error: tls: protocol version not supported":                                                       "tls-protocols",
		"tls: first record does not look like a TLS handshake":                                                                                        "leave TLSConfig out",
		"ERR Unknown Redis command called from script script: 5fa1, on @user_script:5.":                                                               "docs/redis.md",
		"ERR Error running script (call to f_0): @user_script:5: @user_script: 5: Unknown Redis command called from Lua script":                       "docs/redis.md", // 6.2
		"ERR Error running script (call to f_0): @user_script:5: @user_script: 5: The user executing the script can't run this command or subcommand": "ACL SETUSER",   // 6.2
		"WAIT: ERR unknown command 'WAIT', with args beginning with: '1' ":                                                                            "WithReplicaAcks",
		"WRONGTYPE key 2 does not hold a string":                                                                                                      `"{jobs}:lease" does not hold a string`,
		"WRONGTYPE key 3 does not hold a hash script: 00, on @user_script:3.":                                                                         `"{jobs}:term" does not hold a hash`,
		"WRONGTYPE key 9 is not there":                                                                                                                "number 9",
	} {
		cause := withoutArguments(errors.New(text))
		err := classify(cause, keyNames)
		configuration := (*leaderelection.ConfigurationError)(nil)
		if !errors.As(err, &configuration) || !errors.Is(err, cause) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q became %v, which should say %q", text, err, says)
		}
	}
}

// Redis quotes the arguments of a command that it does not know.
func TestAPasswordThatRedisQuotesIsNotPassedOn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"ERR unknown command 'auth', with args beginning with: 'user' 'secret' ",
		"ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `secret`, ",
		"LOADING: whatever, with args beginning with: 'secret'",
	} {
		for err := classify(errors.New(text), nil); err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q became %q", text, err)
			}
		}
	}
}

func TestF17OtherAnswersAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "LOADING Redis is loading", "ERR something", "i/o timeout", "EOF", "dial tcp: connection refused", "NOSCRIPT No matching script", "user NOPERM", "key WRONGPASS is unknown"} {
		cause := errors.New(text)
		if err := classify(cause, nil); err != cause { //nolint:errorlint // the very same
			t.Errorf("%q became %v", text, err)
		}
	}
	if classify(nil, nil) != nil {
		t.Error("no error became one")
	}
}
