package validate

import (
	"bytes"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// patience bounds every wait.
const patience = 30 * time.Second

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// buildLeader builds what an image has: a static binary.
var buildLeader = sync.OnceValues(func() (path string, err error) {
	path, err = filepath.Abs("../../.bin/validate/leader")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "./cmd/leader")
	cmd.Dir, cmd.Env = "../..", append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

// What a manifest has leader do is what leader can do: it is started with these arguments,
// and answers the probes. There is no Redis, so no command is started.
func TestLeaderUnderstandsTheArgumentsOfManifests(t *testing.T) {
	leader, err := buildLeader()
	if err != nil {
		t.Fatalf("%v\n%s", err, leader)
	}
	found := 0
	for _, m := range manifests(t) {
		for _, w := range workloads(m) {
			for _, c := range w.pod.Spec.InitContainers {
				found++
				t.Run(filepath.Base(m.file), func(t *testing.T) { answersProbes(t, leader, c) })
			}
		}
	}
	if found == 0 {
		t.Error("no manifest has a leader")
	}
}

func answersProbes(t *testing.T, leader string, c corev1.Container) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	args := slices.Clone(c.Args)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "$(POD_NAME)", "pod-0")
	}
	at := slices.Index(args, "--listen")
	if at < 0 || args[at+1] != ":4040" {
		t.Fatalf("probes don't get there: %q", args)
	}
	args[at+1] = address
	cmd := exec.Command(leader, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "REDIS_URL=redis://127.0.0.1:1"}
	var output bytes.Buffer
	cmd.Stderr = &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%q printed:\n%s", args, output.String())
		}
	}()
	for path, want := range map[string]int{c.LivenessProbe.HTTPGet.Path: http.StatusOK, c.ReadinessProbe.HTTPGet.Path: http.StatusServiceUnavailable} {
		await(t, path, func() bool {
			response, err := http.Get("http://" + address + path)
			if err != nil {
				return false
			}
			_ = response.Body.Close()
			return response.StatusCode == want
		})
	}
}
