package leaderelectiontest

import (
	"context"
	"errors"
	"time"

	"example.com/leaderelection"
)

// SetLeader says who leads while the fake doesn't; nil for nobody, as at first. It
// has no effect while the fake leads, and ends when it becomes leader; its next term
// is greater than info.Term.
func (f *Fake) SetLeader(info *leaderelection.LeaderInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reign != nil {
		return
	}
	f.other = nil
	if info != nil {
		other := *info
		f.other = &other
		f.last = max(f.last, other.Term)
	}
	f.announceChange()
}

// FailReads makes every question that the store would be asked (GetLeaderID,
// GetLeaderInfo, Leader, AwaitLeader) fail with err; nil ends that. Whether the
// fake leads is not affected: IsLeader asks nobody.
func (f *Fake) FailReads(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readErr = err
	f.announceChange()
}

// GetLeaderID returns the InstanceID of the leader, "" when nobody leads, or the
// error that FailReads asked for.
func (f *Fake) GetLeaderID() (string, error) {
	info, err := f.GetLeaderInfo()
	switch {
	case errors.Is(err, leaderelection.ErrNoLeader):
		return "", nil
	case err != nil:
		return "", err
	default:
		return info.InstanceID, nil
	}
}

// GetLeaderInfo returns the fake's own while it leads, with a heartbeat of this
// moment; otherwise what SetLeader said, or [leaderelection.ErrNoLeader].
func (f *Fake) GetLeaderInfo() (*leaderelection.LeaderInfo, error) {
	return f.Leader(context.Background())
}

// Leader is GetLeaderInfo, or ctx's error.
func (f *Fake) Leader(ctx context.Context) (*leaderelection.LeaderInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.leader()
}

// AwaitLeader blocks until somebody leads and can be asked for, and returns who. If
// ctx ends before, it returns ctx's error and that of the last question.
func (f *Fake) AwaitLeader(ctx context.Context) (*leaderelection.LeaderInfo, error) {
	for {
		f.mu.Lock()
		info, err := f.leader()
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		if err == nil {
			return info, nil
		}
		if hopeless := (*leaderelection.ConfigurationError)(nil); errors.As(err, &hopeless) {
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// leader answers who leads. f.mu is held.
func (f *Fake) leader() (*leaderelection.LeaderInfo, error) {
	switch {
	case f.readErr != nil:
		return nil, f.readErr
	case f.reign != nil:
		return &leaderelection.LeaderInfo{
			InstanceID:    f.InstanceID,
			Hostname:      f.Hostname,
			StartedAt:     f.reign.since.Round(0),
			LastHeartbeat: time.Now().Round(0),
			Term:          f.reign.term,
		}, nil
	case f.other != nil:
		info := *f.other
		return &info, nil
	default:
		return nil, leaderelection.ErrNoLeader
	}
}

// announceChange wakes those who wait for a leader. f.mu is held.
func (f *Fake) announceChange() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}
