package rueidisstore

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"example.com/leaderelection/internal/protocol"
	"example.com/leaderelection/internal/redistest"
)

// What a script answers must arrive as the same Go values as by way of go-redis, and
// its errors must begin with the same text, ERR and all.
func TestRepliesAreThoseOfGoRedis(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, on redistest.Any) {
		ours, theirs := &server{connect(t, on.Addr())}, on.Client(t)
		for _, text := range []string{
			"return {'granted', '1', ''}", "return {1, {'a'}, KEYS[1], ARGV[1]}", "return 'OK'", "return 1",
			"return redis.error_reply('READONLY no')", "return redis.error_reply('ERR unknown command')",
			"return redis.error_reply('ERR AUTH <password> called')",
			"return redis.call('GET')", "return nil",
		} {
			want, wantErr := theirs.Eval(t.Context(), text, []string{"jobs"}, "argument").Result()
			got, err := ours.Eval(t.Context(), protocol.Eval{Script: text, Keys: []string{"jobs"}, Args: []string{"argument"}})
			if !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: %#v, %v; want %#v, %v", text, got, err, want, wantErr)
			}
			if wantErr != nil && text != "return nil" && !strings.HasPrefix(err.Error(), wantErr.Error()) {
				t.Errorf("%s: %q, want %q", text, err, wantErr)
			}
		}
		if _, err := ours.Eval(t.Context(), protocol.Eval{ByHash: true, Script: strings.Repeat("0", 40), Keys: []string{"jobs"}}); err == nil || !strings.HasPrefix(err.Error(), "NOSCRIPT") {
			t.Errorf("an unknown script: %v", err)
		}
		if _, err := ours.Get(t.Context(), "nothing"); err == nil {
			t.Error("a key that isn't there is no error")
		}
	})
}

// rueidis ends a call when its time is over, whatever the network does: so calls don't
// pile up, and the store isn't stalled (F34).
func TestF34CallsEndInTime(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, on redistest.Any) {
		proxy := redistest.NewProxy(t, on.Addr())
		client, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{proxy.Addr()}, DisableCache: true, ForceSingleClient: true, ConnWriteTimeout: 3 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		s, one := &server{client}, protocol.Eval{Script: "return 1", Keys: []string{"jobs"}}
		ask := func(patience time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := s.Eval(ctx, one)
			return err
		}
		if err := ask(20 * time.Second); err != nil {
			t.Fatal(err)
		}
		proxy.BlackHole()
		ended := make(chan error)
		for range 40 {
			go func() { ended <- ask(100 * time.Millisecond) }()
		}
		for range 40 {
			select {
			case err := <-ended:
				if err == nil {
					t.Error("an answer out of a black hole")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("a call goes on after 20 s")
			}
		}
		proxy.Restore()
		for deadline := time.Now().Add(20 * time.Second); ask(time.Second) != nil; {
			if time.Now().After(deadline) {
				t.Fatal("no answer within 20 s")
			}
		}
	})
}
