package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"time"
)

// soon is how long before its end a certificate is worth a warning.
const soon = 14 * 24 * time.Hour

// encryption looks at how the client is connected.
func encryption(_ context.Context, e *exam, r *Result) {
	link, seen := e.dials.of(e.node)
	config := e.node.Options().TLSConfig
	switch {
	case !seen:
		r.warn("whether it is used is not known: the client was connected before", "look at the URL: rediss:// is with TLS")
	case link.tls != nil:
		r.note("used (%s)", tls.VersionName(link.tls.Version))
		for i, certificate := range link.tls.PeerCertificates {
			whose := "Redis's certificate"
			if i > 0 {
				whose = "that of its CA " + certificate.Subject.CommonName
			}
			ends(r, whose, certificate, time.Now())
		}
		if config != nil {
			ownCertificate(r, config)
		}
	case config != nil:
		r.warn("the client is to use it, but whether it does is not known: its dialer hides that", "use the client's own dialer")
	case staysHere(link.to):
		r.note("not used, and not needed: %s is on this machine", addressOf(link.to))
	default:
		r.warn("not used: who listens on the way to "+addressOf(link.to)+" reads the password, and can take a lease away", "use a rediss:// URL (tls-port in redis.conf)")
	}
}

// ownCertificate looks at what the client shows, and whether it looks at Redis's.
func ownCertificate(r *Result, config *tls.Config) {
	pairs := config.Certificates
	if config.GetClientCertificate != nil {
		if pair, err := config.GetClientCertificate(new(tls.CertificateRequestInfo)); err == nil {
			pairs = []tls.Certificate{*pair}
		}
	}
	for _, pair := range pairs {
		if certificate, err := x509.ParseCertificate(pair.Certificate[0]); err == nil {
			ends(r, "the client's certificate", certificate, time.Now())
		}
	}
	if config.InsecureSkipVerify {
		r.warn("the client doesn't check whose certificate it is (skip_verify)", "give --tls-ca instead, so that nobody else can pass for Redis")
	}
}

// ends warns before a certificate does.
func ends(r *Result, whose string, certificate *x509.Certificate, now time.Time) {
	const day = 24 * time.Hour
	said := fmt.Sprintf("%s ends on %s", whose, certificate.NotAfter.UTC().Format(time.DateOnly))
	left := certificate.NotAfter.Sub(now)
	switch {
	case left > soon:
		r.note("%s", said)
		return
	case left > 2*day:
		said += fmt.Sprintf(", in %d days", left/day)
	default:
		said += fmt.Sprintf(", in %d hours", left/time.Hour)
	}
	r.warn(said, "renew it: no connection is made after its end, and terms end with theirs")
}

func staysHere(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return addr != nil && addr.Network() == "unix" || ok && tcp.IP.IsLoopback()
}
