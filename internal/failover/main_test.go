//go:build linux || darwin

package failover

import (
	"flag"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

var (
	times  = flag.Int("times", 1, "how often each failover happens")
	report = flag.String("report", "", "where the report goes")
)

func TestMain(m *testing.M) { redistest.Main(m, 8) }
