package validate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// kinds makes an empty object of each kind that our manifests have.
var kinds = map[metav1.TypeMeta]func() metav1.Object{
	{APIVersion: "v1", Kind: "Service"}:                               func() metav1.Object { return new(corev1.Service) },
	{APIVersion: "v1", Kind: "ServiceAccount"}:                        func() metav1.Object { return new(corev1.ServiceAccount) },
	{APIVersion: "v1", Kind: "ConfigMap"}:                             func() metav1.Object { return new(corev1.ConfigMap) },
	{APIVersion: "apps/v1", Kind: "Deployment"}:                       func() metav1.Object { return new(appsv1.Deployment) },
	{APIVersion: "apps/v1", Kind: "StatefulSet"}:                      func() metav1.Object { return new(appsv1.StatefulSet) },
	{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}:            func() metav1.Object { return new(policyv1.PodDisruptionBudget) },
	{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}:       func() metav1.Object { return new(networkingv1.NetworkPolicy) },
	{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}:        func() metav1.Object { return new(rbacv1.Role) },
	{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"}: func() metav1.Object { return new(rbacv1.RoleBinding) },
}

// manifest is what one file declares.
type manifest struct {
	file    string
	objects []metav1.Object
}

// manifests are all of them.
func manifests(t *testing.T) (all []manifest) {
	t.Helper()
	files, err := filepath.Glob("../kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no manifests: %v", err)
	}
	for _, file := range files {
		all = append(all, manifest{file, read(t, file)})
	}
	return all
}

// read is as strict as an API server with --validate=strict: no field that is unknown,
// there twice, or of another type.
func read(t *testing.T, file string) (all []metav1.Object) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		var kind metav1.TypeMeta
		if err = errors.Join(err, yaml.Unmarshal(document, &kind)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		object := kinds[kind]
		if object == nil {
			t.Fatalf("%s: nothing here knows %v", file, kind)
		}
		one := object()
		if err := yaml.UnmarshalStrict(document, one); err != nil {
			t.Fatalf("%s: %s: %v", file, kind.Kind, err)
		}
		if wrong := validation.IsDNS1123Subdomain(one.GetName()); wrong != nil {
			t.Errorf("%s: the name %q: %v", file, one.GetName(), wrong)
		}
		all = append(all, one)
	}
}

// of returns the objects of one kind.
func of[T metav1.Object](m manifest) (found []T) {
	for _, object := range m.objects {
		if one, ok := object.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// named reports whether there is one of that kind and name.
func named[T metav1.Object](m manifest, name string) bool {
	for _, one := range of[T](m) {
		if one.GetName() == name {
			return true
		}
	}
	return false
}

// workload is what runs pods.
type workload struct {
	name     string
	selector *metav1.LabelSelector
	pod      corev1.PodTemplateSpec
}

func workloads(m manifest) (all []workload) {
	for _, one := range of[*appsv1.Deployment](m) {
		all = append(all, workload{one.Name, one.Spec.Selector, one.Spec.Template})
	}
	for _, one := range of[*appsv1.StatefulSet](m) {
		all = append(all, workload{one.Name, one.Spec.Selector, one.Spec.Template})
	}
	return all
}

// containers are all of a pod, sidecars first.
func (w workload) containers() []corev1.Container {
	return append(w.pod.Spec.InitContainers[:len(w.pod.Spec.InitContainers):len(w.pod.Spec.InitContainers)], w.pod.Spec.Containers...)
}
