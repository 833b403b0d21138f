package redistest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Primary returns the server that most sentinels name as the primary now, nil if
// there is none.
func (s *Sentinels) Primary() *Server {
	s.t.Helper()
	votes := map[*Server]int{}
	for _, sentinel := range running(s.sentinels) {
		votes[s.byAddr(sentinel.namedPrimary())]++
	}
	for server, n := range votes {
		if n > sentinelCount/2 {
			return server
		}
	}
	return nil
}

// AwaitPrimary waits until most sentinels name another server than the given one,
// and that server takes itself for the primary too.
func (s *Sentinels) AwaitPrimary(not *Server) *Server {
	s.t.Helper()
	var primary *Server
	s.await("another primary", func() bool {
		primary = s.Primary()
		return primary != nil && primary != not && !primary.hasEnded() && primary.isPrimary()
	})
	return primary
}

// AwaitHealth waits until all servers that run are replicas of one of them and
// have its data, and all sentinels that run know that.
func (s *Sentinels) AwaitHealth() {
	s.t.Helper()
	s.await("health", func() bool {
		primary := s.Primary()
		return primary != nil && s.replicate(primary) && s.all(func(sentinel *Server) bool {
			return s.byAddr(sentinel.namedPrimary()) == primary && // and there's no failover, or
				sentinel.master()["flags"] == "master" &&
				sentinel.healthyReplicas() == len(running(s.Servers))-1
		})
	})
}

// Failover has the sentinels make another server the primary, though nothing is
// wrong with this one. AwaitPrimary waits for it to be done.
func (s *Sentinels) Failover() {
	s.t.Helper()
	// A sentinel refuses while it is busy with an earlier one.
	s.await("a failover", func() bool {
		return running(s.sentinels)[0].askSentinel(func(ctx context.Context, client *redis.SentinelClient) error {
			return client.Failover(ctx, masterName).Err()
		}) == nil
	})
}

// StopReplication has the replicas not hear any more of what happens on the primary.
// Sentinel still takes them for candidates, for some ten seconds.
func (s *Sentinels) StopReplication() {
	s.t.Helper()
	primary := s.Primary()
	primary.must("ACL", "SETUSER", "default", "-psync", "-sync")
	primary.must("CLIENT", "KILL", "TYPE", "replica")
	s.await("the replicas to be cut off", func() bool {
		for _, server := range running(s.Servers) {
			if server != primary && fieldOf(server.replication(), "master_link_status") != "down" {
				return false
			}
		}
		return true
	})
}

// PermitSentinelUser gives the sentinels a user of their own.
func (s *Sentinels) PermitSentinelUser(name string, rules ...any) {
	s.t.Helper()
	for _, sentinel := range s.sentinels {
		sentinel.must(append([]any{"ACL", "SETUSER", name}, rules...)...)
	}
}

// SentinelClients is what CLIENT LIST says of all sentinels.
func (s *Sentinels) SentinelClients() string {
	s.t.Helper()
	var list strings.Builder
	for _, sentinel := range running(s.sentinels) {
		list.WriteString(sentinel.Clients())
	}
	return list.String()
}

// replicate reports whether all servers that run are replicas of one of them.
func (s *Sentinels) replicate(primary *Server) bool {
	s.t.Helper()
	for _, server := range running(s.Servers) {
		if server == primary {
			if !server.isPrimary() {
				return false
			}
			continue
		}
		info := server.replication()
		addr := net.JoinHostPort(fieldOf(info, "master_host"), fieldOf(info, "master_port"))
		if s.byAddr(addr) != primary || fieldOf(info, "master_link_status") != "up" {
			return false
		}
	}
	return !primary.hasEnded()
}

// byAddr returns the server that the sentinels know by an address.
func (s *Sentinels) byAddr(addr string) *Server {
	if addr == s.front.Addr() {
		return s.Servers[0]
	}
	for _, server := range s.Servers[1:] {
		if server.Addr() == addr {
			return server
		}
	}
	return nil
}

// all reports whether the condition holds for all sentinels that run.
func (s *Sentinels) all(condition func(sentinel *Server) bool) bool {
	for _, sentinel := range running(s.sentinels) {
		if !condition(sentinel) {
			return false
		}
	}
	return true
}

func (s *Sentinels) await(what string, condition func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(3 * patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("redistest: waited in vain for %s; the sentinels' logs end:\n%s", what, s.logs())
		}
	}
}

func (s *Sentinels) logs() string {
	logs := make([]string, 0, len(s.sentinels))
	for _, sentinel := range s.sentinels {
		logs = append(logs, sentinel.log())
	}
	return strings.Join(logs, "\n\n")
}

func running(servers []*Server) []*Server {
	var all []*Server
	for _, server := range servers {
		if !server.hasEnded() {
			all = append(all, server)
		}
	}
	return all
}

func (s *Server) isPrimary() bool {
	s.t.Helper()
	return fieldOf(s.replication(), "role") == "master"
}

func (s *Server) replication() string {
	s.t.Helper()
	return fmt.Sprint(s.must("INFO", "replication"))
}

// namedPrimary returns the address at which the sentinel has its clients find the
// primary.
func (s *Server) namedPrimary() string {
	s.t.Helper()
	var named []string
	s.mustAskSentinel(func(ctx context.Context, client *redis.SentinelClient) (err error) {
		named, err = client.GetMasterAddrByName(ctx, masterName).Result()
		return err
	})
	return net.JoinHostPort(named[0], named[1])
}

// master returns what the sentinel knows of the primary.
func (s *Server) master() (fields map[string]string) {
	s.t.Helper()
	s.mustAskSentinel(func(ctx context.Context, client *redis.SentinelClient) (err error) {
		fields, err = client.Master(ctx, masterName).Result()
		return err
	})
	return fields
}

// healthyReplicas returns how many replicas the sentinel has nothing to complain
// about.
func (s *Server) healthyReplicas() (n int) {
	s.t.Helper()
	s.mustAskSentinel(func(ctx context.Context, client *redis.SentinelClient) error {
		replicas, err := client.Replicas(ctx, masterName).Result()
		for _, replica := range replicas {
			if replica["flags"] == "slave" && replica["master-link-status"] == "ok" {
				n++
			}
		}
		return err
	})
	return n
}

func (s *Server) mustAskSentinel(question func(context.Context, *redis.SentinelClient) error) {
	s.t.Helper()
	s.mustDo("ask the sentinel on "+s.Addr(), s.askSentinel(question))
}

// askSentinel asks on a connection of its own.
func (s *Server) askSentinel(question func(context.Context, *redis.SentinelClient) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := redis.NewSentinelClient(&redis.Options{Addr: s.Addr(), TLSConfig: s.TLSConfig(), ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	return question(ctx, client)
}
