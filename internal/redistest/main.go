package redistest

import (
	"flag"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

// Main is TestMain of tests that mostly wait for servers and for leases to end: so
// many of them run at a time.
func Main(m *testing.M, parallel int) {
	Parallel(parallel)
	redis.SetLogger(&logging.VoidLogger{}) // which tells of servers that are not there, as they should not be
	// go-redis tries for a second longer whether a server is there that was not, also
	// after the client was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// Parallel has so many tests run at a time, however few processors there are, unless
// -parallel says otherwise. TestMain calls it.
func Parallel(tests int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(tests))
	}
}
