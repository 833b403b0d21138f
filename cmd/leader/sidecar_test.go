//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/leaderelection/leaderhttp"
)

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// awaitAnswer asks until the status is that one, and returns the body.
func awaitAnswer(t *testing.T, url string, want int) (body []byte) {
	t.Helper()
	client := &http.Client{Timeout: testPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	await(t, url, func() bool {
		response, err := client.Get(url)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		body, err = io.ReadAll(response.Body)
		return err == nil && response.StatusCode == want
	})
	return body
}

func TestServeTellsWhoLeads(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	addresses, instances := make([]string, 0, 2), make([]*instance, 0, 2)
	for _, id := range []string{"first", "second"} {
		address := freeAddress(t)
		i := start(t, []string{redisURLVariable + "=" + server.URL()}, "serve", "--ttl", "1m", "--id", id, "--listen", address, "--grace", "3s")
		awaitAnswer(t, "http://"+address+"/readyz", http.StatusOK)
		awaitAnswer(t, "http://"+address+"/livez", http.StatusOK)
		addresses, instances = append(addresses, "http://"+address+"/leader"), append(instances, i)
	}
	var leads, follows leaderhttp.Answer
	for address, into := range map[string]*leaderhttp.Answer{addresses[0]: &leads, addresses[1]: &follows} {
		want := http.StatusServiceUnavailable
		if into == &leads {
			want = http.StatusOK
		}
		if err := json.Unmarshal(awaitAnswer(t, address, want), into); err != nil {
			t.Fatal(err)
		}
	}
	if !leads.Leading || leads.ID != "first" || leads.Term == 0 || follows.Leading || follows.Leader == nil || follows.Leader.ID != "first" {
		t.Errorf("they say %+v and %+v", leads, follows)
	}

	// Stopped, it denies at once, and the lease is given back only after the grace.
	instances[0].signal(syscall.SIGTERM)
	awaitAnswer(t, addresses[0], http.StatusServiceUnavailable)
	denied := time.Now()
	awaitAnswer(t, addresses[1], http.StatusOK)
	if kept := time.Since(denied); kept < time.Second { // it was denied up to two milliseconds, or a busy moment, before
		t.Errorf("another led %v after the first had denied, want the grace of 3s", kept)
	}
	if status := instances[0].status(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestRunListensToo(t *testing.T) {
	t.Parallel()
	server, address := settledRedis(t), freeAddress(t)
	leader := run(t, server.URL(), append([]string{"--ttl", "1m", "--listen", address}, reader...)...)
	awaitAnswer(t, "http://"+address+"/leader", http.StatusOK)

	other := run(t, server.URL(), append([]string{"--ttl", "1m", "--listen", address}, reader...)...)
	if status := other.status(); status != statusFailed || !strings.Contains(other.stderr.String(), "--listen "+address) {
		t.Errorf("an address that is taken: exit status %d", status)
	}
	_ = leader.stdin.Close()
	leader.status()
}

func TestSecondSignalEndsServeAtOnce(t *testing.T) {
	t.Parallel()
	server := settledRedis(t)
	serve := start(t, []string{redisURLVariable + "=" + server.URL()}, "serve", "--ttl", "1m", "--listen", "127.0.0.1:0", "--grace", "1h")
	serve.awaitLog("leading")
	serve.signal(syscall.SIGTERM)
	serve.awaitLog("the term has ended")
	serve.endAtOnce()
	serve.status() // or this fails the test
}
