package protocol

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"syscall"

	"example.com/leaderelection"
)

// classifyCertificate does with what the client says of the server's certificate
// what classify does with answers. It counts at first contact only: one that is
// being rotated, or has just expired, must not end a candidacy that has worked.
func classifyCertificate(err error) error {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority):
		return &leaderelection.ConfigurationError{
			Problem: "the certificate of Redis is of a CA that the client does not trust",
			Remedy:  "add that CA to RootCAs in the TLSConfig of the client's options", Err: err,
		}
	case errors.As(err, &hostname):
		return &leaderelection.ConfigurationError{
			Problem: "the certificate of Redis is for another host than the client connects to",
			Remedy:  "connect by a name that it is for, or set ServerName in the TLSConfig of the client's options", Err: err,
		}
	case errors.As(err, &invalid):
		return &leaderelection.ConfigurationError{
			Problem: "the certificate of Redis is not valid",
			Remedy:  "have Redis present another one (tls-cert-file), or see whether the clock of this machine is right", Err: err,
		}
	default:
		return err
	}
}

// wonder adds to a broken connection, as long as nothing was ever heard of Redis,
// what it may come of: a Redis that expects TLS hangs up on a client that doesn't
// speak it. Nor does it say so, and so this may be an outage as well as a mistake.
func (s *Store) wonder(err error) error {
	if err == nil {
		s.heard.Store(true)
		return nil
	}
	hungUp := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	if !hungUp || s.heard.Load() {
		return err
	}
	return fmt.Errorf("%w (nothing has answered there yet: if Redis expects TLS, set TLSConfig in the client's options, or use rediss://)", err)
}
