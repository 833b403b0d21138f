package redistest_test

import (
	"crypto/tls"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/internal/redistest"
)

func TestTLSIsMutual(t *testing.T) {
	server := redistest.Start(t, redistest.WithTLS(), redistest.WithConfig("requirepass", "p@ss word"))
	server.Restart() // on the same port, by the same certificates
	if err := server.Client(t).Ping(t.Context()).Err(); err != nil {
		t.Errorf("a client with a certificate: %v", err)
	}

	options, err := redis.ParseURL(server.URL()) // rediss://
	if err != nil {
		t.Fatal(err)
	}
	without, stranger := server.TLSConfig(), redistest.NewCertificates(t).Config()
	without.Certificates = nil
	stranger.RootCAs = server.TLSConfig().RootCAs
	for what, config := range map[string]*tls.Config{
		"by the machine's CAs":                     options.TLSConfig,
		"without a certificate":                    without,
		"with a certificate that is of another CA": stranger,
		"without TLS":                              nil,
	} {
		options.TLSConfig = config
		client := redis.NewClient(options)
		if err := client.Ping(t.Context()).Err(); err == nil {
			t.Errorf("a client %s is let in", what)
		} else {
			t.Logf("a client %s: %v", what, err)
		}
		_ = client.Close()
	}
}
