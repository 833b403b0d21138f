//go:build unix

package validate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	podName   = "statefulset.kubernetes.io/pod-name"
	followYML = "../kubernetes/follow-leader.yaml"
)

// leading is the script of the manifest in one term of a pod.
type leading struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
}

// lead runs the script with a real kubectl.
func lead(t *testing.T, a *api, pod, term string) *leading {
	t.Helper()
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	m := manifest{followYML, read(t, followYML)}
	if err := os.WriteFile(script, []byte(of[*corev1.ConfigMap](m)[0].Data["follow-leader.sh"]), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &leading{cmd: exec.Command("sh", script), ended: make(chan struct{})}
	l.cmd.Env = append(os.Environ(), "HOME="+dir, "KUBECONFIG="+a.config, "SERVICE=orders-leader", "POD_NAME="+pod, "LEADER_TERM="+term)
	l.cmd.Stdout, l.cmd.Stderr = &l.output, &l.output
	l.cmd.WaitDelay = patience
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait()
		close(l.ended)
	}()
	t.Cleanup(func() {
		l.crash()
		if t.Failed() {
			t.Logf("%s in term %s printed:\n%s", pod, term, l.output.String())
		}
	})
	return l
}

func (l *leading) crash() {
	_ = syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL) // with what it has started, as the guardian does
	<-l.ended
}

// orders is a server with the Service of the manifest.
func orders(t *testing.T) *api {
	t.Helper()
	return serveAPI(t, of[*corev1.Service](manifest{followYML, read(t, followYML)})[0])
}

func (a *api) awaitLeader(t *testing.T, pod, term string) {
	t.Helper()
	await(t, "the Service to select "+pod+" in term "+term, func() bool {
		service := a.get()
		return service.Spec.Selector[podName] == pod && service.Annotations["leader-term"] == term
	})
}

func TestServiceFollowsTheLeader(t *testing.T) {
	t.Parallel()
	a := orders(t)
	first := lead(t, a, "orders-0", "1795738147111850")
	a.awaitLeader(t, "orders-0", "1795738147111850")
	first.crash()
	lead(t, a, "orders-1", "1795738147111851")
	a.awaitLeader(t, "orders-1", "1795738147111851")

	// Somebody puts the manifest back.
	a.change(func(service *corev1.Service) { service.Spec.Selector[podName] = "nobody"; service.Annotations = nil })
	a.awaitLeader(t, "orders-1", "1795738147111851")
}

// A leader that is late changes nothing: whether a later term is there when it looks, or
// comes between its look and its write.
func TestServiceDoesNotFollowWhoIsLate(t *testing.T) {
	t.Parallel()
	later := func(service *corev1.Service) {
		service.Spec.Selector[podName], service.Annotations["leader-term"] = "orders-1", "9"
	}
	for name, prepare := range map[string]func(*api){
		"before":  func(a *api) { a.change(later) },
		"between": func(a *api) { a.beforePatch = later },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := orders(t)
			prepare(a)
			l := lead(t, a, "orders-0", "8")
			select {
			case <-l.ended:
			case <-time.After(patience):
				t.Error("it goes on in an earlier term")
			}
			if service := a.get(); service.Spec.Selector[podName] != "orders-1" || service.Annotations["leader-term"] != "9" {
				t.Errorf("the Service selects %v in term %v", service.Spec.Selector, service.Annotations)
			}
		})
	}
}
