package redisstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

// strange is a client whose scripts answer with what no script of ours does, as
// those of a proxy that takes itself for a Redis may.
type strange struct{ reply any }

func (strange) DialHook(next redis.DialHook) redis.DialHook { return next }

func (strange) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s strange) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, command redis.Cmder) error {
		if script, ok := command.(*redis.Cmd); ok {
			script.SetVal(s.reply)
		}
		return nil
	}
}

// A reply that is none grants nothing: it is an unknown outcome, of which the
// error says in which election.
func TestStrangeRepliesAreUnknownOutcomes(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]any{
		"nothing": nil, "OK": "OK", "a number": int64(1), "a verdict only": []any{"granted"}, "an unheard-of verdict": []any{"crowned", "1", "1", "1", "1", "", "", "0", "0", "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
			defer func() { _ = client.Close() }()
			client.AddHook(strange{reply})
			trial := &trial{T: t, store: redisstore.New(client), key: "jobs"}
			c := trial.candidate("candidate", long)
			l := c.leaseOf("claim", answer{State: leaderelection.State{Term: 7}})
			for what, call := range map[string]func() (answer, error){
				"Acquire": func() (answer, error) { return c.try(c.bidOf("claim")) },
				"Renew":   l.tryRenew,
				"Release": func() (answer, error) { return answer{}, l.tryRelease() },
				"Read":    c.readOnce,
			} {
				a, err := call()
				if err == nil || misconfigured(err) != nil || !strings.Contains(err.Error(), `"jobs"`) || a.Verdict == leaderelection.Granted {
					t.Errorf("%s was answered %v, %v; want an unknown outcome of election jobs", what, a.Verdict, err)
				}
			}
		})
	}
}
