package rueidisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"

	"example.com/leaderelection/internal/protocol"
	"github.com/redis/rueidis"
)

// server is Redis as rueidis reaches it.
type server struct {
	client rueidis.Client
}

// Check refuses clients that can never work. Of its options a client tells nothing.
func (s *server) Check() error {
	if s.client == nil {
		return errors.New("rueidisstore: New needs a client: rueidis.NewClient(options), for one")
	}
	return nil
}

// Eval executes a script.
func (s *server) Eval(ctx context.Context, e protocol.Eval) (reply any, err error) {
	err = untilConnected(ctx, func() error {
		reply, err = replyOf(s.client.Do(ctx, script(s.client, e)))
		return err
	})
	return reply, err
}

// Stalled is never true: rueidis ends a call when its time is over.
func (s *server) Stalled() bool { return false }

// maxSent is how often a script is sent at most: by default, rueidis has up to four
// connections to a server, and takes any of them.
const maxSent = 5

// untilConnected sends again what met a connection that was closed since its last
// use, as all are by a restart: rueidis looks only once in a second. It doesn't send
// again by itself what isn't read-only, except after the answer of a Cluster's node
// that has not executed it (MOVED, ASK), or with ConnLifetime set. What was executed
// all the same, the scripts take for the repetition it is (F07).
func untilConnected(ctx context.Context, send func() error) (err error) {
	for range maxSent {
		err = send()
		closed := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
		if !closed || ctx.Err() != nil {
			break
		}
	}
	return err
}

func replyOf(result rueidis.RedisResult) (any, error) {
	reply, err := result.ToAny()
	return reply, asRedisPutsIt(err)
}

// asRedisPutsIt gives an answer back the ERR that rueidis takes away, by which the
// protocol knows what retrying cannot mend. Other codes are words in capitals, too;
// AUTH is none.
func asRedisPutsIt(err error) error {
	var answer *rueidis.RedisError
	if !errors.As(err, &answer) || answer.IsNil() {
		return err
	}
	first, _, _ := strings.Cut(answer.Error(), " ")
	if first != "AUTH" && first == strings.ToUpper(first) {
		return err
	}
	return fmt.Errorf("ERR %w", err)
}

func script(on rueidis.CommandClient, e protocol.Eval) rueidis.Completed {
	name := "EVAL"
	if e.ByHash {
		name = "EVALSHA"
	}
	return on.B().Arbitrary(name, e.Script, strconv.Itoa(len(e.Keys))).Keys(e.Keys...).Args(e.Args...).Build()
}

// Get reads a key.
func (s *server) Get(ctx context.Context, key string) ([]byte, error) {
	return s.client.Do(ctx, s.client.B().Get().Key(key).Build()).AsBytes()
}
