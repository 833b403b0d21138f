// Package miniserver is a Redis inside the process, for the demo and for tests:
// miniredis, with what this library asks of a server and miniredis doesn't know
// (who it is, how long it has been up, what it has executed), and with a
// server's misfortunes at the push of a button.
//
// It expires keys by time.Now(), so inside a testing/synctest bubble it lives on
// the bubble's clock: use Dial there, which needs no socket.
//
// What real Redis has and it doesn't: replicas (WAIT answers 0), memory limits,
// ACLs, CONFIG, and atomic MULTI for INFO, which is answered instead of queued.
package miniserver

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Server is one Redis address. Behind it, one life of a server follows another.
// All methods are safe for concurrent use.
type Server struct {
	faults faults

	// Held while connections are added and while lives change, so that a
	// connection belongs to one life. The hook must do without it: a restart
	// holds it while it waits for commands that are still in the hook.
	mu       sync.Mutex
	life     *life
	listener net.Listener
	accepts  sync.WaitGroup
	closed   bool
}

// Option changes what New makes.
type Option func(*Server)

// WithUptime has the server claim that it has been up for d already, as one does
// that can't have lost anything lately. After a restart it starts from 0.
func WithUptime(d time.Duration) Option {
	return func(s *Server) { s.life.setUptime(d) }
}

// New returns a server that answers to Dial, and listens nowhere until Start.
func New(opts ...Option) *Server {
	s := &Server{}
	s.life = s.begin(newMemory())
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Start listens on a free port of the loopback interface.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	if s.listener != nil {
		return errors.New("miniserver: started twice")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.listener = listener
	s.accepts.Go(func() { s.accept(listener) })
	return nil
}

// accept outlives restarts: a port that was given up, if only for a moment, may
// be somebody else's when it is wanted back.
func (s *Server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if err := s.serve(conn); err != nil {
			return
		}
	}
}

func (s *Server) serve(conn net.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return net.ErrClosed
	}
	s.life.srv.ServeConn(conn)
	return nil
}

// Addr is where the server listens, as host:port; "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Dial connects without a socket. It fits into go-redis' Options.Dialer, and
// fails with net.ErrClosed after Close.
func (s *Server) Dial() (net.Conn, error) {
	client, server := net.Pipe()
	if err := s.serve(withSendBuffer(server)); err != nil {
		return nil, err
	}
	return client, nil
}

// SetUptime has this life of the server claim that it has been up for d.
func (s *Server) SetUptime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life.setUptime(d)
}

// SetError has every command answered with an error, such as "LOADING Redis is
// loading the dataset in memory", until it is called with "". Restarts don't
// change it.
func (s *Server) SetError(message string) { s.faults.setError(message) }

// RefuseInfo has INFO refused, or no longer refused, as an ACL without it does.
// Restarts don't change it.
func (s *Server) RefuseInfo(refuse bool) { s.faults.setRefuseInfo(refuse) }

// MaskInfo has INFO tell no more than a version, or everything again: what a proxy or
// a managed service does that has something to hide. Restarts don't change it.
func (s *Server) MaskInfo(mask bool) { s.faults.setMaskInfo(mask) }

// Close ends the server and its connections, for good. It waits until nothing of
// it runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if s.listener != nil {
			_ = s.listener.Close()
		}
		s.life.end()
	}
	s.mu.Unlock()
	s.accepts.Wait()
}
