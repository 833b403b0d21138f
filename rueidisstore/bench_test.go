package rueidisstore

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/redisstore"
)

// backends are the stores that are compared, each with its client's defaults.
var backends = []struct {
	name string
	make func(b *testing.B, server *redistest.Server, acks int) leaderelection.Store
}{
	{"go-redis", func(b *testing.B, server *redistest.Server, acks int) leaderelection.Store {
		return redisstore.New(server.Client(b), redisstore.WithReplicaAcks(acks, 0))
	}},
	{"rueidis", func(b *testing.B, server *redistest.Server, acks int) leaderelection.Store {
		return New(connect(b, server.Addr()), WithReplicaAcks(acks, 0))
	}},
}

// go test -run '^$' -bench . -count 6
func BenchmarkRenew(b *testing.B) {
	server := redistest.Start(b)
	for _, backend := range backends {
		b.Run(backend.name+"/one at a time", func(b *testing.B) {
			store := backend.make(b, server, 0)
			tenure := lead(b, store, "jobs")
			for b.Loop() {
				renew(b, store, tenure)
			}
		})
		b.Run(backend.name+"/64 at a time", func(b *testing.B) {
			store := backend.make(b, server, 0)
			tenures := make([]leaderelection.Tenure, 64)
			for i := range tenures {
				tenures[i] = lead(b, store, fmt.Sprint("jobs-", i))
			}
			var next atomic.Int64
			b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				tenure := tenures[next.Add(1)%64]
				for pb.Next() {
					renew(b, store, tenure)
				}
			})
			b.StopTimer()
		})
	}
}

func BenchmarkRenewWithReplica(b *testing.B) {
	primary, replica := redistest.Start(b), redistest.Start(b)
	host, port, _ := net.SplitHostPort(primary.Addr())
	if err := replica.Client(b).Do(b.Context(), "REPLICAOF", host, port).Err(); err != nil {
		b.Fatal(err)
	}
	admin := primary.Client(b)
	for deadline := time.Now().Add(patience); admin.Wait(b.Context(), 1, time.Second).Val() != 1; {
		if time.Now().After(deadline) {
			b.Fatal("not replicating")
		}
	}
	for _, backend := range backends {
		for acks, name := range []string{"without acks", "with acks"} {
			b.Run(backend.name+"/"+name, func(b *testing.B) {
				store := backend.make(b, primary, acks)
				tenure := lead(b, store, "jobs")
				for b.Loop() {
					renew(b, store, tenure)
				}
			})
		}
	}
}

// lead is granted a lease that outlasts the benchmark, once a first short one has
// shown that the server has not lost its memory.
func lead(b *testing.B, store leaderelection.Store, key string) leaderelection.Tenure {
	b.Helper()
	var tenure leaderelection.Tenure
	for i, ttl := range []time.Duration{100 * time.Millisecond, time.Hour} {
		candidate := leaderelection.Candidate{Key: key, InfoKey: key + ":info", ID: "leader", TTL: ttl, Retry: time.Second}
		for tries := 0; ; tries++ {
			claim := fmt.Sprint(b.Name(), i, tries, time.Now().UnixNano())
			state, err := store.Acquire(withTime(b), leaderelection.Bid{Candidate: candidate, Claim: claim})
			if err != nil {
				b.Fatal(err)
			}
			if state.Verdict == leaderelection.Granted {
				tenure = leaderelection.Tenure{Candidate: candidate, Claim: claim, Term: state.Term, Since: state.Now, Reason: "benchmark"}
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if i == 0 {
			release(b, store, tenure)
		}
	}
	b.Cleanup(func() { release(b, store, tenure) })
	return tenure
}

func renew(b *testing.B, store leaderelection.Store, tenure leaderelection.Tenure) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if state, err := store.Renew(ctx, tenure); err != nil || state.Verdict != leaderelection.Granted {
		b.Errorf("Renew: %v, %v", state.Verdict, err)
	}
}

func release(b *testing.B, store leaderelection.Store, tenure leaderelection.Tenure) {
	b.Helper()
	if err := store.Release(withTime(b), tenure); err != nil {
		b.Error(err)
	}
}

func withTime(b *testing.B) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	b.Cleanup(cancel)
	return ctx
}
