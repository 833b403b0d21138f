//go:build linux || darwin

package nemesis

import (
	"fmt"
	"os"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
	"github.com/redis/go-redis/v9"
)

// slack is what a machine that is busy with other things may take on top of what
// is promised. What was really measured is logged.
const slack = 15 * time.Second

// The paces of elections. A machine that is busy can take the lease of a brisk
// one from its leader, for no fault of anybody's: see staysLeader.
var (
	brisk     = pace(time.Second)
	steady    = pace(3 * time.Second)
	unhurried = pace(leaderelection.DefaultLockTTL) // the defaults
)

// pace has the proportions of the defaults.
func pace(ttl time.Duration) contender.Settings {
	return contender.Settings{TTL: ttl, Heartbeat: ttl * 3 / 10, Retry: ttl / 5, Pace: min(ttl/5000, 500*time.Microsecond)}
}

// tidyUp is how long a leader's work takes to end when it is told to. Whoever
// started meanwhile would be seen.
const tidyUp = 20 * time.Millisecond

// atBothPaces runs a test with short leases and with the defaults.
func atBothPaces(t *testing.T, test func(t *testing.T, c *cluster)) {
	t.Parallel()
	t.Run("10s", func(t *testing.T) {
		t.Parallel()
		test(t, start(t, unhurried))
	})
	t.Run("1s", func(t *testing.T) {
		t.Parallel()
		untilConclusive(t, briskly, test)
	})
}

// untilConclusive runs a test with short leases, again where this machine was too
// busy for them (see excuse), and fails if it always was.
func untilConclusive(t *testing.T, begin func(t *testing.T) *cluster, test func(t *testing.T, c *cluster)) {
	const attempts = 5
	for attempt := range attempts {
		conclusive := true
		t.Run(fmt.Sprintf("attempt %d", attempt+1), func(t *testing.T) {
			defer func() { conclusive = !t.Skipped() }()
			test(t, begin(t))
		})
		if conclusive {
			return
		}
	}
	t.Errorf("in %d attempts this machine was too busy to renew a lease of %v", attempts, brisk.TTL)
}

func briskly(t *testing.T) *cluster {
	t.Helper()
	return start(t, brisk)
}

// cluster is a redis-server and the candidate processes that share it.
type cluster struct {
	t        *testing.T
	server   *redistest.Server
	client   *redis.Client
	settings contender.Settings
	history  belief.History
	members  []*member
}

// member is one candidate process, behind a network of its own.
type member struct {
	*contender.Process
	link *redistest.Proxy
}

// start returns a cluster of three.
func start(t *testing.T, pace contender.Settings, opts ...redistest.Option) *cluster {
	t.Helper()
	c := startEmpty(t, pace, opts...)
	for _, id := range []string{"a", "b", "c"} {
		c.join(id)
	}
	return c
}

// startEmpty returns a cluster without candidates. The test ends with the verdict
// on all that will have joined.
func startEmpty(t *testing.T, pace contender.Settings, opts ...redistest.Option) *cluster {
	t.Helper()
	server := redistest.Start(t, opts...)
	c := &cluster{t: t, server: server, client: server.Client(t), settings: pace}
	c.settings.Key = "nemesis"
	c.settings.TidyUp = tidyUp
	t.Cleanup(c.verdict)
	return c
}

// patientClient has a candidate's client wait for an answer for longer than any test
// lasts: what is bounded is so by the election itself.
const patientClient = "?read_timeout=10m&write_timeout=10m"

// join starts a candidate process.
func (c *cluster) join(id string) {
	c.t.Helper()
	link := redistest.NewProxy(c.t, c.server.Addr())
	settings := c.settings
	settings.ID, settings.URL = id, "redis://"+link.Addr()+patientClient
	name := fmt.Sprintf("%s#%d", id, len(c.members)+1)
	process, err := contender.Start(name, []string{os.Args[0]}, settings, &c.history)
	if err != nil {
		c.t.Fatal(err)
	}
	c.members = append(c.members, &member{process, link})
}

// verdict ends every process and judges what all of them said.
func (c *cluster) verdict() {
	for _, m := range c.members {
		m.Close()
	}
	for _, violation := range belief.Judge(&c.history) {
		c.t.Errorf("VERDICT: %v", violation)
	}
	for _, m := range c.members {
		for _, bye := range c.history.Records(m.Name, belief.Bye) {
			if bye.Err != "" {
				c.t.Errorf("VERDICT: %s gave up: %s", m.Name, bye.Err)
			}
		}
		if c.t.Failed() {
			c.t.Logf("%s logged:\n%s", m.Name, m.Log())
		}
	}
	if c.t.Failed() {
		for _, reign := range c.history.Reigns(belief.Lead) {
			c.t.Logf("%s led in term %d from %v to %v", reign.Process, reign.Term, reign.First, reign.Last)
		}
	}
}

// keys are all that the election has in Redis.
func (c *cluster) keys() []string {
	tag := "{" + c.settings.Key + "}"
	return []string{
		c.settings.Key, tag + ":lease", tag + ":term", tag + ":history", tag + ":candidates", c.settings.InfoKey(),
	}
}

func (c *cluster) leaseKey() string { return c.keys()[1] }

// bound is how long it may take at the very worst until somebody leads again.
func (c *cluster) bound() time.Duration { return c.settings.TTL + c.settings.Retry }
