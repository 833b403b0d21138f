//go:build linux || darwin

package nemesis

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/leaderelection/internal/belief"
)

// lossRules are for nft: so many of 100 packets that arrive are lost, and TCP finds
// out by itself.
func lossRules(percent int64) string {
	return fmt.Sprintf("table inet nemesis { chain arriving { type filter hook input priority 0; numgen random mod 100 < %d drop; }; }", percent)
}

// losePackets has the namespace lose them until it is healed.
func (c *cluster) losePackets(percent int64) (heal func()) {
	c.t.Helper()
	c.nft(lossRules(percent))
	return func() { c.nft("delete table inet nemesis") }
}

func (c *cluster) nft(rules string) {
	c.t.Helper()
	command := exec.Command("nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		c.t.Errorf("nft %q: %v: %s", rules, err, output)
	}
}

// A connection of which packets are lost does not break: TCP sends them again, some
// fifth of a second later, and later and later yet.
func TestF04LostPackets(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		t.Skipf("no packets can be lost here: %v", losesPackets())
	}
	// Not parallel: the other tests share the namespace.
	c := start(t, steady)
	_, reign := c.leader()

	heal := c.losePackets(20)
	before := c.retransmissions()
	c.await("TCP to have sent again what was lost", slack+c.bound(), func() bool { return c.retransmissions() > before+20 })
	heal()

	well := belief.Now()
	c.await("a leader after the loss", c.bound()+slack, func() bool {
		latest, _ := c.history.Latest()
		return latest.Last > well
	})
	latest, _ := c.history.Latest()
	t.Logf("%s led in term %d before, %s in term %d after 20 %% of the packets were lost", reign.Process, reign.Term, latest.Process, latest.Term)
}

// retransmissions is how many segments TCP has sent again in this namespace.
func (c *cluster) retransmissions() int {
	c.t.Helper()
	text, err := os.ReadFile("/proc/self/net/snmp")
	if err != nil {
		c.t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "RetransSegs" {
				var n int
				_, _ = fmt.Sscan(fields[i], &n)
				return n
			}
		}
	}
	c.t.Fatal("/proc/self/net/snmp tells no RetransSegs")
	return 0
}
