package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"go.etcd.io/etcd/server/v3/embed"
)

// etcdServer is an etcd in a process of its own: this program, in another role.
type etcdServer struct {
	scope   *scope
	dir     string
	address string
	process *contender.Process
	history belief.History
	starts  int
}

func startEtcd(s *scope) *etcdServer {
	e := &etcdServer{scope: s, dir: s.MemoryDir(), address: freeAddress(s)}
	s.Cleanup(func() { e.process.Close() })
	e.start()
	return e
}

func (e *etcdServer) start() {
	e.starts++
	name := "etcd#" + strconv.Itoa(e.starts)
	process, err := startRole(name, contender.Settings{URL: e.address, Key: e.dir, ID: freeAddress(e.scope)}, &e.history, roleEtcd)
	if err != nil {
		e.scope.Fatalf("%v", err)
	}
	e.process = process
	e.scope.must(await("etcd to serve", patience, func() bool { return len(e.history.Records(name, belief.Hello)) > 0 }))
}

// runEtcd serves until its parent ends it. The settings are: URL the address for
// clients, ID that for peers, Key the directory.
func runEtcd(s contender.Settings) error {
	config := embed.NewConfig()
	config.Dir = filepath.Join(s.Key, "data")
	config.LogLevel, config.LogOutputs = "error", []string{"stderr"}
	config.ListenClientUrls, config.AdvertiseClientUrls = urls(s.URL), urls(s.URL)
	config.ListenPeerUrls, config.AdvertisePeerUrls = urls(s.ID), urls(s.ID)
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(patience):
		return errors.New("etcd is not ready")
	}
	belief.NewPrinter(os.Stdout).Print(belief.Record{Kind: belief.Hello})
	return <-server.Err()
}

func urls(address string) []url.URL { return []url.URL{{Scheme: "http", Host: address}} }

func freeAddress(s *scope) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatalf("no free port: %v", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func (e *etcdServer) addr() string { return e.address }

// leaseEnd counts from when the leader had the answer to its last keep-alive (or to
// its grant), which is a little later than etcd itself does.
func (e *etcdServer) leaseEnd(lease lease) (time.Duration, error) {
	var last time.Duration
	for _, record := range lease.history.Records(lease.leader, belief.Event) {
		if record.What == eventRenewed {
			last = record.At
		}
	}
	if last == 0 {
		return 0, errors.New("etcd: no renewal was seen")
	}
	return last + lease.ttl, nil
}

// restart keeps the data, as every etcd does.
func (e *etcdServer) restart() {
	e.process.Close()
	e.start()
}

func (e *etcdServer) load(window time.Duration) (load, error) { return counted(window, e.received) }

// received counts the messages that etcd's gRPC server has received.
func (e *etcdServer) received() (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.address+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var total float64
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "grpc_server_msg_received_total{") {
			continue
		}
		fields := strings.Fields(lines.Text())
		n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			return 0, fmt.Errorf("etcd's metrics: %w", err)
		}
		total += n
	}
	http.DefaultClient.CloseIdleConnections()
	return int64(total), nil
}
