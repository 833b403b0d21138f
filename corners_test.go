package leaderelection_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/machine"
	"example.com/leaderelection/memstore"
)

// foreign is a store in which a program holds the lock that set no expiry on it.
type foreign struct{ leaderelection.Store }

func (foreign) Acquire(context.Context, leaderelection.Bid) (leaderelection.State, error) {
	return leaderelection.State{
		Verdict: leaderelection.Held, Remaining: -time.Millisecond, Leader: &leaderelection.LeaderInfo{InstanceID: "by hand"},
	}, nil
}

// Nobody but a person can end such a lock (F35), so a person is told, once.
func TestALockWithoutExpiryIsWarnedOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := &logbook{}
		election, err := leaderelection.New(foreign{memstore.New()}, nil, leaderelection.WithLogger(logs.logger()))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- election.Start(ctx) }()
		pass(10 * retry)
		if warnings := logs.at(slog.LevelWarn); len(warnings) != 1 || !strings.Contains(warnings[0], "no expiry") {
			t.Errorf("it warned of %q, want one warning of a lock without expiry", warnings)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A machine is suspended between its bid and the answer: granted, but for a time that
// is over (F02). Nobody leads by such a lease, and nobody waits for its end.
func TestALeaseThatHasLapsedBeforeItsAnswerIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		c.link.hints = silent
		c.link.next(acquire, func(_ context.Context, execute func()) error {
			execute()
			c.clocks.Jump(0, time.Hour)
			return nil
		})
		c.start(t).mustNotLead(t)
		bids, releases := c.link.sent(acquire), c.link.sent(release)
		if len(bids) != 1 || len(releases) != 1 || releases[0].claim != bids[0].claim {
			t.Fatalf("of the bids %+v it gave back %+v", bids, releases)
		}
		pass(retry / 4)
		c.mustLead(t)
		if elected := c.events.of(leaderelection.Elected); len(elected) != 1 || elected[0].Term != c.Term() {
			t.Errorf("it was elected in %+v, and leads in term %d", elected, c.Term())
		}
	})
}

// The work of an ended term is waited for once more, and no longer (F29).
func TestStartAgainBesideOldWorkThatNeverEndsReturnsTheDrainTimeoutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Given a run that has given up on its work,
		endless := make(chan struct{})
		defer close(endless)
		c := newCandidate(t, memstore.New(), "a")
		c.lead(t, func(context.Context) error { <-endless; return nil }).mustLead(t)
		c.cancel()
		c.mustReturn(t, leaderelection.ErrDrainTimeout)

		// when another one is ended, which waits for the same work,
		c.lead(t, func(context.Context) error { t.Error("more work beside the old"); return nil })
		pass(ttl)
		if c.returned() || c.IsLeader() {
			t.Fatalf("returned %v, leads %v; want it to wait", c.returned(), c.IsLeader())
		}
		c.cancel()

		// then it says so too.
		c.mustReturn(t, leaderelection.ErrDrainTimeout)
	})
}

func TestAPanicsTextTellsItsValueAndWhere(t *testing.T) {
	err := &leaderelection.PanicError{Value: io.ErrUnexpectedEOF, Stack: []byte("goroutine 7 [running]:\nmain.work()")}
	for _, part := range []string{"panic", io.ErrUnexpectedEOF.Error(), "main.work()"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err.Error())
		}
	}
}

// quitter is an observer that ends the goroutine it is called on, at the first event.
type quitter struct {
	eventLog
	quit sync.Once
}

func (q *quitter) Observe(event leaderelection.Event) {
	q.quit.Do(runtime.Goexit)
	q.eventLog.Observe(event)
}

func TestAnObserverThatExitsItsGoroutineIsToldOfWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observer := &quitter{}
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithObserver(observer)).start(t).mustLead(t)
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		c.mustReturn(t, nil)
		if len(observer.of(leaderelection.Elected)) != 1 || len(observer.of(leaderelection.Released)) != 1 {
			t.Errorf("it was told of %v, want a term from election to release", observer.kinds())
		}
	})
}

// A store whose call is abandoned is told, and need not wait for its time limit.
func TestARenewalThatIsAbandonedTellsItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		c := newCandidate(t, memstore.New(), "a").start(t).mustLead(t)
		c.link.next(renew, func(ctx context.Context, _ func()) error {
			<-ctx.Done()
			err = ctx.Err()
			return err
		})
		c.passToRenewal()
		if err := c.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("its ctx ended with %v, want it to be cancelled", err)
		}
	})
}

func TestWorkAndLogsAreToldOfThePanicThatEndsTheTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		var cause error
		c := newCandidate(t, memstore.New(), "a", leaderelection.WithLogger(slog.New(slog.NewTextHandler(&lines, nil))))
		c.OnBecomeLeader(explode)
		c.lead(t, func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return nil
		})
		<-c.done
		if !errors.Is(cause, leaderelection.ErrResigned) || !errors.Is(cause, io.ErrUnexpectedEOF) {
			t.Errorf("work was ended by %v", cause)
		}
		if text := lines.String(); !strings.Contains(text, "resigned after") || !strings.Contains(text, io.ErrUnexpectedEOF.Error()) {
			t.Errorf("the log says:\n%s", text)
		}
	})
}

// loaded is a machine on which dice fall as they are told to.
type loaded struct {
	machine.Real
	thrown atomic.Int32
}

func (l *loaded) Random(time.Duration) time.Duration {
	l.thrown.Add(1)
	return 0
}

func TestAReplacedMachineThrowsTheDice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCandidate(t, memstore.New(), "a")
		dice := &loaded{}
		machine.Replace(c.Election, dice)
		c.link.hints = silent
		broken := errors.New("broken")
		var attempts []time.Duration
		began := time.Now()
		c.link.breaks(func(context.Context, func()) error {
			attempts = append(attempts, time.Since(began))
			return broken
		}, acquire)
		c.start(t)
		pass(retry)
		want := []time.Duration{0, retry / 8, retry/8 + retry/4, retry/8 + retry/4 + retry/2}
		if len(attempts) != len(want) || dice.thrown.Load() == 0 {
			t.Fatalf("attempts at %v, want %v; dice thrown %d times", attempts, want, dice.thrown.Load())
		}
		for i := range want {
			if attempts[i] != want[i] {
				t.Errorf("attempts at %v, want %v: without jitter", attempts, want)
			}
		}
	})
}
