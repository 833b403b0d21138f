package protocol

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/leaderelection"
)

// mendable is every text that may be called hopeless, as the Redis documentation
// has the codes: at the beginning of the error, or of one that it quotes.
var mendable = regexp.MustCompile(`(?s)WRONGTYPE key \d |(^|: |ERR )(` + strings.Join([]string{
	"WRONGPASS", "NOAUTH", "ERR Protocol error: unauthenticated", "ERR invalid password", "ERR AUTH <password> called without any password",
	"NOPERM", "The user executing the script can't", "ERR unknown command", "Unknown Redis command called from", "CROSSSLOT",
	"DB index is out of range", "SELECT is not allowed in cluster mode", "This instance has cluster support disabled", "unknown command ['`]sentinel['`]",
	"remote error: tls: ", "tls: first record does not look like a TLS handshake",
}, "|") + ")")

// FuzzClassify (F17, F18).
func FuzzClassify(f *testing.F) {
	for _, h := range hopeless {
		f.Add(h.code+" and so on", "jobs")
		f.Add("ERR Error running script (call to f_0): @user_script:5: "+h.code, "{a}b")
		f.Add("LOADING "+h.code, "%s%!d(<keys>)")
	}
	for _, text := range []string{
		"", "LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.", "MISCONF Redis is configured to save RDB snapshots",
		"NOREPLICAS Not enough good replicas to write.", "BUSY Redis is busy running a script.", "CLUSTERDOWN The cluster is down", "TRYAGAIN Multiple keys request during rehashing of slot",
		"OOM command not allowed when used memory > 'maxmemory'.", "MOVED 12182 127.0.0.1:7000", "EXECABORT", "i/o timeout", "\x00\xff", "WRONGTYPE Operation against a key holding the wrong kind of value",
		"WRONGTYPE key 0 x", "WRONGTYPE key 9 x", "WRONGTYPE key 1 holds\nmore lines", "WRONGTYPE key x y", "ERR ERR NOPERM", "user: NOPERM", "ERR unknown command 'auth', with args beginning with: 'secret'", strings.Repeat(": NOAUTH", 100),
	} {
		f.Add(text, "<key>")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		cause := withoutArguments(errors.New(text))
		keyNames := keysOf(key).list()
		for _, names := range [][]string{keyNames, keyNames[:3], keyNames[:1], nil} {
			err := classify(cause, names)
			configuration := (*leaderelection.ConfigurationError)(nil)
			if !errors.As(err, &configuration) {
				if err != cause { //nolint:errorlint // the very same
					t.Errorf("%q became %v", text, err)
				}
				continue
			}
			if !mendable.MatchString(text) {
				t.Errorf("%q is taken for hopeless: %v", text, err)
			}
			if !errors.Is(err, cause) || configuration.Problem == "" || configuration.Remedy == "" {
				t.Errorf("%q became %+v", text, configuration)
			}
			expectOneOfHopeless(t, configuration, names)
		}
	})
}

// expectOneOfHopeless expects a problem to be made of what the program says and
// the names of keys, and of nothing that the server has sent.
func expectOneOfHopeless(t *testing.T, err *leaderelection.ConfigurationError, names []string) {
	t.Helper()
	if strings.HasPrefix(err.Problem, "key ") {
		return // what the script says of a key
	}
	quoted, first := make([]string, 0, len(names)), "number 1"
	for _, name := range names {
		quoted = append(quoted, strconv.Quote(name))
	}
	if len(names) > 0 {
		first = names[0]
	}
	for _, h := range hopeless {
		problem := h.problem
		if before, after, found := strings.Cut(problem, "<keys>"); found {
			problem = before + strings.Join(quoted, " ") + after
		} else if before, after, found := strings.Cut(problem, "<key>"); found {
			problem = before + strconv.Quote(first) + after
		}
		if h.remedy == err.Remedy && problem == err.Problem {
			return
		}
	}
	t.Errorf("it says what is not listed: %+v", err)
}
