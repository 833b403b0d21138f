package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/leaderhttp"
)

// sidecar answers by HTTP how this instance stands, if that was asked for.
type sidecar struct {
	handler  *leaderhttp.Handler
	listener net.Listener // nil: nobody asked for it
	server   *http.Server
}

// sidecar opens the address before the instance takes part: one whose probes can't be
// answered must not be elected.
func (p *participant) sidecar() (*sidecar, error) {
	s := &sidecar{handler: leaderhttp.New()}
	if p.listen == "" {
		return s, nil
	}
	var err error
	if s.listener, err = net.Listen("tcp", p.listen); err != nil {
		return nil, fmt.Errorf("--listen %s: %w", p.listen, err)
	}
	s.server = &http.Server{Handler: s.handler, ReadHeaderTimeout: 5 * time.Second}
	return s, nil
}

// serve returns at once.
func (s *sidecar) serve(election *leaderelection.Election) {
	s.handler.Serve(election)
	if s.server != nil {
		go func() { _ = s.server.Serve(s.listener) }() // until close
	}
}

// close hangs up on everybody: listeners to events would stay for ever. Nobody leads
// here any more when it is called.
func (s *sidecar) close() {
	if s.server != nil {
		_ = errors.Join(s.server.Close(), s.listener.Close())
	}
}
