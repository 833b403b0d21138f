package redisstore_test

import (
	"flag"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

// go-redis tries for a second longer whether a server is there that was not, also
// after the client was closed.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(patient{m}, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// patient runs more tests at a time than there are processors: they mostly wait
// for leases to end.
type patient struct{ *testing.M }

func (p patient) Run() int {
	redis.SetLogger(&logging.VoidLogger{}) // which tells of servers that are not there, as they should not be
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "16")
	}
	return p.M.Run()
}
