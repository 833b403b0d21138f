package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/protocol"
)

// reachable finds the server that has the election's keys, and reports whether anything
// more can be asked of it.
func reachable(ctx context.Context, e *exam, r *Result) bool {
	err := e.find(ctx)
	if err == nil {
		if err = e.node.Ping(ctx).Err(); saysOfRedis(err) && !turnsAway(err) {
			err = nil // NOPERM for PING is an answer too
		}
	}
	if err != nil {
		r.fail(e.unreachable(err))
		return false
	}
	if to, ok := e.dials.of(e.node); ok && to.to != nil {
		r.note("%s answers", addressOf(to.to))
	} else {
		r.note("it answers")
	}
	return true
}

// find finds the server that has the election's keys.
func (e *exam) find(ctx context.Context) (err error) {
	switch client := e.Client.(type) {
	case *redis.Client:
		e.node = client
	case *redis.ClusterClient:
		e.node, err = client.MasterForKey(ctx, e.names.Lock)
	default:
		err = fmt.Errorf("a %T keeps no election: use one server, Sentinel or Cluster", client)
	}
	return err
}

// encrypts reports whether the client is to use TLS.
func (e *exam) encrypts() bool {
	switch client := e.Client.(type) {
	case *redis.Client:
		return client.Options().TLSConfig != nil
	case *redis.ClusterClient:
		return client.Options().TLSConfig != nil
	default:
		return false
	}
}

func addressOf(addr net.Addr) string {
	if addr.Network() == "unix" {
		return "the socket " + addr.String()
	}
	return addr.String()
}

// turnsAway tells an answer with which Redis refuses everything, and for how long nobody
// knows.
func turnsAway(err error) bool {
	for _, code := range []string{"WRONGPASS", "NOAUTH", "ERR invalid password", "ERR AUTH", "ERR unknown command 'auth'", "ERR Protocol error", "ERR max number of clients", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "ERR Client sent AUTH", "DENIED", "ERR DB index", "ERR SELECT", "redis: all sentinels"} {
		if strings.HasPrefix(strings.ToLower(err.Error()), strings.ToLower(code)) {
			return true
		}
	}
	return false
}

const passwordRemedy = "give user:password@ before the host in the URL, as Redis knows them (ACL LIST shows the users, requirepass is the password of the user default)"

const sentinelRemedy = "see that the Sentinels run, and know the primary by that name (SENTINEL MASTERS), and correct their addresses"

// unreachable says why nothing can be asked, and what to do.
func (e *exam) unreachable(err error) (found, remedy string) {
	err = protocol.Classify(err)
	var dns *net.DNSError
	configuration, ok := errors.AsType[*leaderelection.ConfigurationError](err)
	switch text := err.Error(); {
	case ok && strings.Contains(configuration.Remedy, "Password"), strings.Contains(strings.ToLower(text), "unknown command 'auth'"):
		return "Redis is there, and doesn't let this user in: " + reason(err), passwordRemedy
	case strings.Contains(text, "cluster support disabled"):
		return "this is no Cluster, but one server", "use a client, or a URL, of one server"
	case ok && strings.Contains(configuration.Remedy, "SentinelAddrs"):
		return configuration.Problem, "give the addresses of sentinels in the URL (their port is 26379 by default), or a redis:// URL, which is of one server"
	case ok && strings.Contains(configuration.Remedy, "DB"):
		return configuration.Problem, configuration.Remedy + ". In the command line that is the number behind the host in the URL, and redis+cluster:// is for a Cluster"
	case ok && strings.Contains(configuration.Remedy, "TLSConfig"):
		return configuration.Problem, configuration.Remedy + ". In the command line that is a rediss:// URL with --tls-ca, --tls-cert and --tls-key"
	case ok:
		return configuration.Problem, configuration.Remedy
	case strings.Contains(text, "all sentinels"):
		return text, sentinelRemedy
	case errors.As(err, &dns):
		return fmt.Sprintf("the host name %q can't be resolved: %s", dns.Name, dns.Err), "correct the host in the URL, or the DNS that this machine asks"
	case errors.Is(err, syscall.ECONNREFUSED):
		return reason(err), "nobody listens there: start Redis, correct the port in the URL, or have Redis listen on that address (bind, protected-mode)"
	case errors.Is(err, syscall.ENOENT):
		return reason(err), "there is no such socket: start Redis, or correct the path (unixsocket in redis.conf)"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		const found = "the connection was closed without an answer"
		if e.encrypts() { // a reset may overtake the alert that says so
			return found, "if Redis asks for a client certificate (tls-auth-clients), give --tls-cert and --tls-key; else look into its log"
		}
		return found, "if Redis expects TLS, use a rediss:// URL; else look into its log"
	case strings.HasPrefix(text, "redis: can't parse"), strings.HasPrefix(text, "redis: invalid"):
		return "something else than Redis answers: " + text, "correct the host and port in the URL"
	case strings.HasPrefix(text, "LOADING"):
		return "Redis is loading its data", "wait until it has: leaders and candidates do"
	case strings.HasPrefix(text, "CLUSTERDOWN"):
		return reason(err), "see that a primary is there: elections go on once it is"
	case reason(err) == "no answer in time" && e.asksSentinel():
		return fmt.Sprintf("no primary answers within %v: no Sentinel answers, or none knows it, or it is not there", contactTime), sentinelRemedy
	case reason(err) == "no answer in time":
		return fmt.Sprintf("no answer within %v: the packets vanish, the server hangs, or it speaks TLS while the client doesn't, or the other way round", contactTime),
			"see whether a firewall is in between, whether the host and port in the URL are right, and whether it is to be rediss://"
	default:
		return reason(err), "see in Redis's log why"
	}
}
