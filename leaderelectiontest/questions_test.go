package leaderelectiontest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderelectiontest"
)

func TestNobodyLeadsAtFirst(t *testing.T) {
	f := leaderelectiontest.New()
	if _, err := f.GetLeaderInfo(); !errors.Is(err, leaderelection.ErrNoLeader) {
		t.Errorf("GetLeaderInfo: %v, want ErrNoLeader", err)
	}
	if id, err := f.GetLeaderID(); id != "" || err != nil {
		t.Errorf("GetLeaderID = %q, %v, want none", id, err)
	}
	if f.IsLeader() || f.GetInstanceID() != "fake" {
		t.Errorf("IsLeader = %t, GetInstanceID = %q", f.IsLeader(), f.GetInstanceID())
	}
}

func TestOneLeadsAtATime(t *testing.T) {
	f := leaderelectiontest.New()
	another := leaderelection.LeaderInfo{InstanceID: "another", Hostname: "elsewhere", Term: 7}
	expect := func(when, want string) {
		t.Helper()
		if id, err := f.GetLeaderID(); id != want || err != nil {
			t.Errorf("%s: GetLeaderID = %q, %v, want %q", when, id, err, want)
		}
	}

	f.SetLeader(&another)
	expect("somebody else leads", "another")
	if info, err := f.GetLeaderInfo(); err != nil || *info != another {
		t.Errorf("GetLeaderInfo = %+v, %v, want %+v", info, err, another)
	}
	f.BecomeLeader()
	expect("the fake leads", "fake")
	f.SetLeader(&another)
	expect("SetLeader while the fake leads", "fake")
	f.LoseLeadership()
	expect("the fake has lost", "")
	f.SetLeader(&another)
	f.SetLeader(nil)
	expect("SetLeader(nil)", "")
}

func TestLeaderInfoOfTheFake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := leaderelectiontest.New()
		began := time.Now()
		f.BecomeLeader()
		time.Sleep(time.Minute)
		info, err := f.GetLeaderInfo()
		want := leaderelection.LeaderInfo{
			InstanceID: "fake", Hostname: "localhost", Term: 1,
			StartedAt: began.Round(0), LastHeartbeat: time.Now().Round(0),
		}
		if err != nil || *info != want {
			t.Errorf("GetLeaderInfo = %+v, %v, want %+v", info, err, want)
		}
	})
}

func TestFailReads(t *testing.T) {
	f := leaderelectiontest.New()
	f.BecomeLeader()
	down := errors.New("the store is down")
	f.FailReads(down)
	if _, err := f.GetLeaderID(); !errors.Is(err, down) {
		t.Errorf("GetLeaderID: %v, want %v", err, down)
	}
	if _, err := f.GetLeaderInfo(); !errors.Is(err, down) {
		t.Errorf("GetLeaderInfo: %v, want %v", err, down)
	}
	if !f.IsLeader() {
		t.Error("IsLeader asked the store")
	}
	f.FailReads(nil)
	if id, err := f.GetLeaderID(); id != "fake" || err != nil {
		t.Errorf("GetLeaderID = %q, %v after the failure", id, err)
	}
}

func TestAwaitLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := leaderelectiontest.New()
		f.FailReads(errors.New("the store is down"))
		got := make(chan string, 1)
		go func() {
			info, err := f.AwaitLeader(t.Context())
			if err != nil {
				t.Errorf("AwaitLeader: %v", err)
				close(got)
				return
			}
			got <- info.InstanceID
		}()
		synctest.Wait()
		f.FailReads(nil)
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("AwaitLeader returned though nobody leads")
		}
		f.SetLeader(&leaderelection.LeaderInfo{InstanceID: "another"})
		if id := <-got; id != "another" {
			t.Errorf("AwaitLeader = %q, want another", id)
		}
	})
}

func TestAwaitLeaderEnds(t *testing.T) {
	f := leaderelectiontest.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.AwaitLeader(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, leaderelection.ErrNoLeader) {
		t.Errorf("AwaitLeader: %v, want that nobody leads and that its context ended", err)
	}
	if _, err := f.Leader(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Leader: %v, want that its context ended", err)
	}
	f.FailReads(&leaderelection.ConfigurationError{Problem: "wrong password"})
	if _, err := f.AwaitLeader(t.Context()); err == nil || err.Error() != "leaderelection: wrong password" {
		t.Errorf("AwaitLeader: %v, want the configuration error at once", err)
	}
}
