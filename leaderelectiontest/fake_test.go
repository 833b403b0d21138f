package leaderelectiontest_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderelectiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary notes what happens, in order.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) note(entry string) func() {
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.entries = append(d.entries, entry)
	}
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.entries, want) {
		t.Errorf("happened: %q\nwant:     %q", d.entries, want)
	}
	d.entries = nil
}

func newFakeWithDiary() (*leaderelectiontest.Fake, *diary) {
	f, d := leaderelectiontest.New(), &diary{}
	f.OnBecomeLeader(d.note("become 1"))
	f.OnLoseLeadership(d.note("lose 1"))
	f.OnBecomeLeader(d.note("become 2"))
	f.OnLoseLeadership(d.note("lose 2"))
	return f, d
}

func TestF27CallbacksAlternateInOrder(t *testing.T) {
	f, d := newFakeWithDiary()
	f.BecomeLeader()
	d.expect(t, "become 1", "become 2")
	f.BecomeLeader()
	d.expect(t)
	f.LoseLeadership()
	d.expect(t, "lose 1", "lose 2")
	f.LoseLeadership()
	d.expect(t)
}

func TestF28NoLoseWithoutBecome(t *testing.T) {
	f, d := newFakeWithDiary()
	f.LoseLeadership()
	if err := f.Resign(t.Context()); !errors.Is(err, leaderelection.ErrNotLeader) {
		t.Errorf("Resign = %v, want ErrNotLeader", err)
	}
	if err := f.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
	d.expect(t)
}

func TestCallbacksSeeTheState(t *testing.T) {
	f := leaderelectiontest.New()
	var became, lost bool
	f.OnBecomeLeader(func() { became = f.IsLeader() && f.Term() == 1 })
	f.OnLoseLeadership(func() { lost = !f.IsLeader() && f.Term() == 0 })
	f.BecomeLeader()
	f.LoseLeadership()
	if !became || !lost {
		t.Errorf("IsLeader and Term right in the become callback: %t, in the lose callback: %t", became, lost)
	}
}

func TestLateCallbackRunsPromptly(t *testing.T) {
	f, d := newFakeWithDiary()
	f.BecomeLeader()
	f.OnBecomeLeader(d.note("late"))
	f.OnBecomeLeader(nil)
	f.OnLoseLeadership(nil)
	d.expect(t, "become 1", "become 2", "late")
	f.LoseLeadership()
	f.BecomeLeader()
	d.expect(t, "lose 1", "lose 2", "become 1", "become 2", "late")
}

func TestCallbackMaySteer(t *testing.T) {
	f, d := newFakeWithDiary()
	f.OnBecomeLeader(func() { f.LoseLeadership() })
	f.OnBecomeLeader(d.note("become 4"))
	f.BecomeLeader()
	d.expect(t, "become 1", "become 2", "become 4", "lose 1", "lose 2")
	if f.IsLeader() {
		t.Error("leads after a callback called LoseLeadership")
	}
}

func TestPanicOfACallbackReachesTheTest(t *testing.T) {
	f, d := newFakeWithDiary()
	panics := true
	f.OnBecomeLeader(func() {
		if panics {
			panic("from a callback")
		}
	})
	func() {
		defer func() {
			if value := recover(); value != "from a callback" {
				t.Errorf("recovered %v", value)
			}
		}()
		f.BecomeLeader()
	}()
	panics = false
	f.LoseLeadership()
	d.expect(t, "become 1", "become 2", "lose 1", "lose 2")
}

func TestTermsGrow(t *testing.T) {
	f := leaderelectiontest.New()
	expect := func(want int64) {
		t.Helper()
		f.BecomeLeader()
		if got := f.Term(); got != want {
			t.Errorf("term = %d, want %d", got, want)
		}
		f.LoseLeadership()
	}
	expect(1)
	expect(2)
	f.SetLeader(&leaderelection.LeaderInfo{InstanceID: "another", Term: 41})
	expect(42)
}

func TestSteeringFromManyGoroutines(t *testing.T) {
	f := leaderelectiontest.New()
	leading, wrong := false, 0
	f.OnBecomeLeader(func() {
		if leading {
			wrong++
		}
		leading = true
	})
	f.OnLoseLeadership(func() {
		if !leading {
			wrong++
		}
		leading = false
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				f.BecomeLeader()
				_, _ = f.GetLeaderID()
				f.LoseLeadership()
			}
		})
	}
	wg.Wait()
	if wrong > 0 {
		t.Errorf("%d callbacks out of turn", wrong)
	}
}
