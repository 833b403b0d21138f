package main

import (
	"context"
	"sync/atomic"
	"time"

	"example.com/leaderelection/internal/contender"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// By https://pkg.go.dev/go.etcd.io/etcd/client/v3/concurrency and its examples
// (example_election_test.go there): NewSession, NewElection, Campaign, Resign, and
// Session.Done, which says that the lease is lost. Each candidate has a session of its
// own, so that losing one is not losing all.
var etcdPeer = peer{
	name:  "etcd",
	note:  "one etcd server, its data in memory (tmpfs) where there is one, so that fsync costs nothing; the session's TTL is the TTL, renewed every third of it; followers watch, there is no retry interval; leadership is the end of Campaign until the session is done",
	store: func(s *scope) store { return startEtcd(s) },
	dial: func(address string, renewed func()) (connection, error) {
		client, err := clientv3.New(clientv3.Config{
			Endpoints:   []string{address},
			DialTimeout: 5 * time.Second,
			Logger:      zap.NewNop(),
			DialOptions: []grpc.DialOption{grpc.WithChainStreamInterceptor(noteRenewals(renewed))},
		})
		if err != nil {
			return nil, err
		}
		return etcdConnection{client}, nil
	},
}

type etcdConnection struct{ *clientv3.Client }

func (c etcdConnection) candidate(s contender.Settings, became func()) (candidate, error) {
	return &etcdCandidate{client: c.Client, settings: s, became: became}, nil
}

type etcdCandidate struct {
	client   *clientv3.Client
	settings contender.Settings
	became   func()
	leading  atomic.Pointer[concurrency.Session]
}

func (c *etcdCandidate) IsLeader() bool {
	session := c.leading.Load()
	if session == nil {
		return false
	}
	select {
	case <-session.Done():
		return false
	default:
		return true
	}
}

func (c *etcdCandidate) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		session, err := concurrency.NewSession(c.client, concurrency.WithTTL(int(c.settings.TTL/time.Second)))
		if err != nil {
			rest(ctx, c.settings.Retry)
			continue
		}
		c.campaign(ctx, session)
		_ = session.Close() // where that fails, the lease ends by itself
	}
	return nil
}

func (c *etcdCandidate) campaign(ctx context.Context, session *concurrency.Session) {
	election := concurrency.NewElection(session, "/"+c.settings.Key)
	campaigning, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(session.Ctx(), cancel)() // a candidate without a lease cannot win
	if election.Campaign(campaigning, c.settings.ID) != nil {
		rest(ctx, c.settings.Retry/8)
		return
	}
	c.leading.Store(session)
	c.became()
	select {
	case <-ctx.Done():
	case <-session.Done():
	}
	c.leading.Store(nil)
	if ctx.Err() != nil {
		_ = within(context.WithoutCancel(ctx), c.settings.Heartbeat, election.Resign)
	}
}

// noteRenewals calls renewed at every answer to a keep-alive: etcd itself says how
// long a lease lasts in whole seconds only.
func noteRenewals(renewed func()) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
		open grpc.Streamer, opts ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		stream, err := open(ctx, desc, conn, method, opts...)
		if err != nil || method != "/etcdserverpb.Lease/LeaseKeepAlive" {
			return stream, err
		}
		return renewals{stream, renewed}, nil
	}
}

type renewals struct {
	grpc.ClientStream
	renewed func()
}

func (r renewals) RecvMsg(message any) error {
	err := r.ClientStream.RecvMsg(message)
	if err == nil {
		r.renewed()
	}
	return err
}
