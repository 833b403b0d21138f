package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// WithTLS has the server talk TLS only, and only to clients that have a certificate
// of its CA.
func WithTLS() Option {
	return func(s *Server) { WithCertificates(NewCertificates(s.t))(s) }
}

// WithCertificates is WithTLS for servers that talk to each other: they have the same
// certificates.
func WithCertificates(c *Certificates) Option {
	return func(s *Server) {
		s.tls = c
		s.directives = append(s.directives,
			[]string{"tls-replication", "yes"},
			[]string{"tls-cluster", "yes"},
			[]string{"port", "0"},
			[]string{"tls-ca-cert-file", s.tls.CAFile},
			[]string{"tls-cert-file", s.tls.Server.CertFile},
			[]string{"tls-key-file", s.tls.Server.KeyFile},
			[]string{"tls-auth-clients", "yes"},
		)
	}
}

// Certificates are a CA of a test's own, and what it has issued.
type Certificates struct {
	CAFile         string
	Server, Client KeyPair

	t   testing.TB
	dir string
	ca  *x509.Certificate
	key *ecdsa.PrivateKey
}

// KeyPair is a certificate and its key, as PEM files.
type KeyPair struct{ CertFile, KeyFile string }

// NewCertificates makes a CA, a certificate for a server on this machine, and one
// for its clients.
func NewCertificates(t testing.TB) *Certificates {
	t.Helper()
	c := &Certificates{t: t, dir: t.TempDir()}
	c.ca = certificate("CA of " + t.Name())
	c.ca.IsCA, c.ca.BasicConstraintsValid = true, true
	c.ca.KeyUsage |= x509.KeyUsageCertSign
	own := c.issue("ca", c.ca, nil)
	c.CAFile = own.CertFile
	c.Server = c.Issue("server", nil)
	c.Client = c.Issue("client", nil)
	return c
}

// Issue issues another certificate for a server or client on this machine, or what
// change makes of it: one that has expired, or is for another host.
func (c *Certificates) Issue(name string, change func(*x509.Certificate)) KeyPair {
	c.t.Helper()
	template := certificate(name)
	if change != nil {
		change(template)
	}
	return c.issue(name, template, c.key)
}

// Config is that of a client who has a certificate and trusts the CA.
func (c *Certificates) Config() *tls.Config {
	c.t.Helper()
	pair, err := tls.LoadX509KeyPair(c.Client.CertFile, c.Client.KeyFile)
	if err != nil {
		c.t.Fatalf("redistest: load the client's certificate: %v", err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(c.ca)
	return &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
}

// Certificates are those of a server that was started WithTLS.
func (s *Server) Certificates() *Certificates { return s.tls }

// TLSConfig is that of a client whom the server lets in, nil without WithTLS.
func (s *Server) TLSConfig() *tls.Config {
	s.t.Helper()
	if s.tls == nil {
		return nil
	}
	return s.tls.Config()
}

// listening names the port as redis.conf does.
func (s *Server) listening() []string {
	if s.tls != nil {
		return []string{"tls-port", strconv.Itoa(s.port)}
	}
	return []string{"port", strconv.Itoa(s.port)}
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

// issue signs with the CA's key, which is the certificate's own where there is none yet.
func (c *Certificates) issue(name string, template *x509.Certificate, signer *ecdsa.PrivateKey) KeyPair {
	c.t.Helper()
	must := func(what string, err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatalf("redistest: %s of %s: %v", what, name, err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must("make the key", err)
	if signer == nil {
		signer, c.key = key, key
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, c.ca, &key.PublicKey, signer)
	must("sign the certificate", err)
	if template == c.ca {
		c.ca, err = x509.ParseCertificate(signed)
		must("read the certificate", err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	must("encode the key", err)

	pair := KeyPair{filepath.Join(c.dir, name+".crt"), filepath.Join(c.dir, name+".key")}
	must("write the certificate", writePEM(pair.CertFile, "CERTIFICATE", signed))
	must("write the key", writePEM(pair.KeyFile, "EC PRIVATE KEY", secret))
	return pair
}

func writePEM(file, what string, bytes []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: what, Bytes: bytes}), 0o600)
}
