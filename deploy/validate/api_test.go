package validate

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// api is as much of a Kubernetes API server as kubectl needs to get and patch one Service. It
// refuses a patch that names another version than there is, as a real one does.
type api struct {
	config string // what $KUBECONFIG is to be

	mu          sync.Mutex
	service     *corev1.Service
	beforePatch func(*corev1.Service) // happens once, between somebody's get and patch
}

func serveAPI(t *testing.T, service *corev1.Service) *api {
	t.Helper()
	service = service.DeepCopy()
	service.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}
	service.Namespace, service.ResourceVersion = "default", "1"
	a := &api{service: service, config: filepath.Join(t.TempDir(), "config")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api", answer(metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}))
	mux.HandleFunc("GET /apis", answer(metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}, Groups: []metav1.APIGroup{}}))
	mux.HandleFunc("GET /api/v1", answer(metav1.APIResourceList{
		TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: "v1",
		APIResources: []metav1.APIResource{{Name: "services", SingularName: "service", Namespaced: true, Kind: "Service", Verbs: metav1.Verbs{"get", "patch"}}},
	}))
	mux.HandleFunc("GET /api/v1/namespaces/default/services/"+service.Name, func(w http.ResponseWriter, r *http.Request) { answer(a.get())(w, r) })
	mux.HandleFunc("PATCH /api/v1/namespaces/default/services/"+service.Name, a.patch)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	err := os.WriteFile(a.config, []byte(`{"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"contexts": [{"name": "test", "context": {"cluster": "test"}}],
		"clusters": [{"name": "test", "cluster": {"server": "`+server.URL+`"}}]}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func answer(value any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}
}

func (a *api) get() *corev1.Service {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.service.DeepCopy()
}

// change is what somebody else does.
func (a *api) change(change func(*corev1.Service)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changeLocked(change)
}

func (a *api) changeLocked(change func(*corev1.Service)) {
	change(a.service)
	version, _ := strconv.Atoi(a.service.ResourceVersion)
	a.service.ResourceVersion = strconv.Itoa(version + 1)
}

func (a *api) patch(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if before := a.beforePatch; before != nil {
		a.beforePatch = nil
		a.changeLocked(before)
	}
	var patch corev1.Service
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil || r.Header.Get("Content-Type") != "application/merge-patch+json" {
		http.Error(w, "no merge patch", http.StatusBadRequest)
		return
	}
	if patch.ResourceVersion != "" && patch.ResourceVersion != a.service.ResourceVersion {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: metav1.StatusReasonConflict, Code: http.StatusConflict, Message: "it has been modified"})
		return
	}
	a.changeLocked(func(service *corev1.Service) {
		if service.Annotations == nil {
			service.Annotations = map[string]string{}
		}
		maps.Copy(service.Annotations, patch.Annotations)
		maps.Copy(service.Spec.Selector, patch.Spec.Selector)
	})
	answer(a.service)(w, r)
}
