package leaderelectiontest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderelectiontest"
)

// start runs Start, or Lead where there is work, until its result is read.
func start(ctx context.Context, f *leaderelectiontest.Fake, work func(context.Context) error) <-chan error {
	result := make(chan error, 1)
	go func() {
		if work == nil {
			result <- f.Start(ctx)
		} else {
			result <- f.Lead(ctx, work)
		}
	}()
	synctest.Wait()
	return result
}

func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFakeWithDiary()
		ctx, cancel := context.WithCancel(t.Context())
		started := start(ctx, f, nil)
		f.BecomeLeader()
		if err := f.Start(ctx); !errors.Is(err, leaderelection.ErrAlreadyStarted) {
			t.Errorf("a second Start = %v, want ErrAlreadyStarted", err)
		}

		cancel()
		if err := <-started; err != nil {
			t.Errorf("Start = %v", err)
		}
		d.expect(t, "become 1", "become 2", "lose 1", "lose 2")

		again := start(t.Context(), f, nil)
		if err := f.Stop(); err != nil {
			t.Errorf("Stop = %v", err)
		}
		if err := <-again; err != nil {
			t.Errorf("Start again = %v", err)
		}
	})
}

func TestF29StopIsIdempotentAndFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFakeWithDiary()
		started := start(t.Context(), f, nil)
		f.BecomeLeader()
		for range 2 {
			if err := f.Stop(); err != nil {
				t.Errorf("Stop = %v", err)
			}
		}
		if err := <-started; err != nil {
			t.Errorf("Start = %v", err)
		}
		d.expect(t, "become 1", "become 2", "lose 1", "lose 2")

		f.BecomeLeader()
		if f.IsLeader() {
			t.Error("leads after Stop")
		}
		if err := f.Start(t.Context()); !errors.Is(err, leaderelection.ErrStopped) {
			t.Errorf("Start after Stop = %v, want ErrStopped", err)
		}
	})
}

func TestF29StopInACallbackIsBounded(t *testing.T) {
	for name, end := range map[string]func(*leaderelectiontest.Fake, context.CancelFunc){
		"while the test steers":    func(f *leaderelectiontest.Fake, _ context.CancelFunc) { f.LoseLeadership() },
		"while Start is to return": func(_ *leaderelectiontest.Fake, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := leaderelectiontest.New()
				stopped := make(chan error, 1)
				f.OnLoseLeadership(func() { stopped <- f.Stop() })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				started := start(ctx, f, nil)
				f.BecomeLeader()
				end(f, cancel)
				if err := <-stopped; !errors.Is(err, leaderelection.ErrDrainTimeout) {
					t.Errorf("Stop in a callback = %v, want ErrDrainTimeout", err)
				}
				if err := <-started; !errors.Is(err, leaderelection.ErrDrainTimeout) {
					t.Errorf("Start = %v, want ErrDrainTimeout", err)
				}
			})
		})
	}
}

// untilToldToStop is work that ends with its term, and tells why.
func untilToldToStop(causes chan<- error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	}
}

func TestLeadTellsWorkWhyItEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*leaderelectiontest.Fake, context.CancelFunc)
		want error
	}{
		"LoseLeadership": {func(f *leaderelectiontest.Fake, _ context.CancelFunc) { f.LoseLeadership() }, leaderelection.ErrDeposed},
		"Resign":         {func(f *leaderelectiontest.Fake, _ context.CancelFunc) { _ = f.Resign(context.Background()) }, leaderelection.ErrResigned},
		"Stop":           {func(f *leaderelectiontest.Fake, _ context.CancelFunc) { _ = f.Stop() }, leaderelection.ErrStopped},
		"ctx":            {func(_ *leaderelectiontest.Fake, cancel context.CancelFunc) { cancel() }, leaderelection.ErrStopped},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := leaderelectiontest.New()
				causes := make(chan error, 1)
				ctx, cancel := context.WithCancel(t.Context())
				led := start(ctx, f, untilToldToStop(causes))
				f.BecomeLeader()
				test.end(f, cancel)
				if cause := <-causes; !errors.Is(cause, test.want) {
					t.Errorf("cause = %v, want %v", cause, test.want)
				}
				cancel()
				if err := <-led; err != nil {
					t.Errorf("Lead = %v", err)
				}
			})
		})
	}
}

func TestWorkRunsOnceInEachTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := leaderelectiontest.New()
		f.BecomeLeader() // before Lead: its first term has begun already
		var terms []int64
		led := start(t.Context(), f, func(ctx context.Context) error {
			term, _ := leaderelection.TermFromContext(ctx)
			terms = append(terms, term) // no two at a time, or the race detector says so
			<-ctx.Done()
			return nil
		})
		for range 3 {
			f.LoseLeadership()
			f.BecomeLeader()
		}
		if err := f.Stop(); err != nil {
			t.Errorf("Stop = %v", err)
		}
		if err := <-led; err != nil || len(terms) != 4 || terms[3] != 4 {
			t.Errorf("worked in terms %v, Lead = %v, want terms 1 to 4", terms, err)
		}
	})
}

func TestWorkThatReturnsResigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, d := newFakeWithDiary()
		led := start(t.Context(), f, func(context.Context) error { return nil })
		f.BecomeLeader()
		synctest.Wait()
		d.expect(t, "become 1", "become 2", "lose 1", "lose 2")
		if f.IsLeader() || len(led) > 0 {
			t.Errorf("IsLeader = %t, Lead returned: %t, want a candidate", f.IsLeader(), len(led) > 0)
		}
		_ = f.Stop()
		if err := <-led; err != nil {
			t.Errorf("Lead = %v", err)
		}
	})
}

func TestErrorOfWorkEndsLead(t *testing.T) {
	failed := errors.New("work failed")
	panicked := func(err error) bool {
		var p *leaderelection.PanicError
		return errors.As(err, &p) && p.Value == "at work"
	}
	for name, test := range map[string]struct {
		work func(context.Context) error
		want func(error) bool
	}{
		"error":         {func(context.Context) error { return failed }, func(err error) bool { return errors.Is(err, failed) }},
		"panic":         {func(context.Context) error { panic("at work") }, panicked},
		"error at Stop": {func(ctx context.Context) error { <-ctx.Done(); return failed }, func(err error) bool { return errors.Is(err, failed) }},
		"panic at Stop": {func(ctx context.Context) error { <-ctx.Done(); panic("at work") }, panicked},
		"ctx's error":   {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, func(err error) bool { return err == nil }},
		"ctx's cause":   {func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, func(err error) bool { return err == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, d := newFakeWithDiary()
				led := start(t.Context(), f, test.work)
				f.BecomeLeader()
				synctest.Wait()
				if err := f.Stop(); err != nil {
					t.Errorf("Stop = %v", err)
				}
				if err := <-led; !test.want(err) {
					t.Errorf("Lead = %v", err)
				}
				d.expect(t, "become 1", "become 2", "lose 1", "lose 2")
			})
		})
	}
}

func TestErrorOfWorkAfterALossDoesNotEndLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := leaderelectiontest.New()
		led := start(t.Context(), f, func(ctx context.Context) error { <-ctx.Done(); return errors.New("could not finish") })
		f.BecomeLeader()
		f.LoseLeadership()
		synctest.Wait()
		if len(led) > 0 {
			t.Fatalf("Lead = %v, want it to stay a candidate", <-led)
		}
		f.BecomeLeader()
		f.LoseLeadership()
		_ = f.Stop()
		if err := <-led; err != nil {
			t.Errorf("Lead = %v", err)
		}
	})
}

func TestLeadNeedsWork(t *testing.T) {
	if err := leaderelectiontest.New().Lead(t.Context(), nil); err == nil {
		t.Error("Lead without work returned no error")
	}
}
