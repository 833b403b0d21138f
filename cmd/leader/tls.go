package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

// tlsFiles are what a Redis URL has no place for.
type tlsFiles struct{ ca, cert, key, serverName string }

func (f *tlsFiles) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.ca, "tls-ca", "", "`FILE` with the certificates of the CAs to trust instead of the system's, for a rediss:// URL")
	flags.StringVar(&f.cert, "tls-cert", "", "`FILE` with the client certificate, where Redis asks for one")
	flags.StringVar(&f.key, "tls-key", "", "`FILE` with the key of --tls-cert")
	flags.StringVar(&f.serverName, "tls-server-name", "", "`NAME` that the certificate of every server is for, where that isn't the host it is reached at")
	for _, name := range []string{"tls-ca", "tls-cert", "tls-key"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)) // files
	}
}

// apply has a client use the files; its config is nil if it doesn't talk TLS. Errors name
// the flag and the file.
func (f *tlsFiles) apply(config *tls.Config) error {
	if *f == (tlsFiles{}) {
		return nil
	}
	if config == nil {
		return errors.New("--tls-ca, --tls-cert, --tls-key and --tls-server-name are for TLS: give a rediss:// URL")
	}
	if f.serverName != "" {
		config.ServerName = f.serverName
	}
	if (f.cert == "") != (f.key == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both or neither")
	}
	if f.ca != "" {
		text, err := read("--tls-ca", f.ca)
		if err != nil {
			return err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("--tls-ca %s: there is no certificate in it (as PEM: -----BEGIN CERTIFICATE-----)", f.ca)
		}
	}
	if f.cert == "" {
		return nil
	}
	if _, err := f.certificate(); err != nil {
		return err
	}
	// Read anew for every connection: certificates are renewed under a leader that
	// runs for months.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.certificate() }
	return nil
}

func (f *tlsFiles) certificate() (*tls.Certificate, error) {
	cert, err := read("--tls-cert", f.cert)
	if err != nil {
		return nil, err
	}
	key, err := read("--tls-key", f.key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", f.cert, f.key, err)
	}
	return &pair, nil
}

func read(flag, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // which does not name the file once more
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, file, err)
	}
	return text, nil
}
