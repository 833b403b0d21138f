package doctor

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

// dials remembers what the client's connections are like: only there can it be seen
// which server Sentinel has named, and which certificate it has.
type dials struct {
	mu     sync.Mutex
	latest map[string]dialled // by the address that the client was given
}

type dialled struct {
	to  net.Addr
	tls *tls.ConnectionState // nil without TLS
}

func watchDials(client redis.UniversalClient) *dials {
	d := &dials{latest: make(map[string]dialled)}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		cluster.OnNewNode(func(node *redis.Client) { node.AddHook(d) })
	} else {
		client.AddHook(d)
	}
	return d
}

// of returns the latest connection of a server's client; ok is false if none was seen.
func (d *dials) of(node *redis.Client) (found dialled, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok = d.latest[node.Options().Addr]
	return found, ok
}

// DialHook makes it a redis.Hook, with the other two.
func (d *dials) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err == nil {
			found := dialled{to: conn.RemoteAddr()}
			if encrypted, ok := conn.(*tls.Conn); ok {
				state := encrypted.ConnectionState()
				found.tls = &state
			}
			d.mu.Lock()
			d.latest[addr] = found
			d.mu.Unlock()
		}
		return conn, err
	}
}

// ProcessHook changes nothing.
func (d *dials) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook changes nothing.
func (d *dials) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
