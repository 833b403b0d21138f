//go:build linux || darwin

package failover

import (
	"flag"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

var (
	times  = flag.Int("times", 1, "how often each failover happens")
	report = flag.String("report", "", "where the report goes")
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{})                                                                                     // which tells of servers that are not there, as they should not be
	goleak.VerifyTestMain(idle{m}, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")) // which goes on for a second after Close
}

// idle runs more tests at a time than there are processors: they mostly wait.
type idle struct{ *testing.M }

func (i idle) Run() int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "8")
	}
	return i.M.Run()
}
