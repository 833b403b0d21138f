package validate

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// What a name stands for must be there: an API server accepts a Service that selects nobody,
// and a probe of a port that there isn't.
func TestSelectorsFindPods(t *testing.T) {
	for _, m := range manifests(t) {
		all := workloads(m)
		if len(all) == 0 {
			t.Errorf("%s: nothing runs", m.file)
		}
		selects := func(what string, selector *metav1.LabelSelector) {
			t.Helper()
			parsed, err := metav1.LabelSelectorAsSelector(selector)
			if err != nil || parsed.Empty() || !slices.ContainsFunc(all, func(w workload) bool { return parsed.Matches(labels.Set(w.pod.Labels)) }) {
				t.Errorf("%s: %s selects no pod of it: %v %v", m.file, what, parsed, err)
			}
		}
		for _, w := range all {
			selects(w.name, w.selector)
			for _, spread := range w.pod.Spec.TopologySpreadConstraints {
				selects(w.name+"'s topology", spread.LabelSelector)
			}
		}
		for _, one := range of[*policyv1.PodDisruptionBudget](m) {
			selects("PodDisruptionBudget "+one.Name, one.Spec.Selector)
		}
		for _, one := range of[*networkingv1.NetworkPolicy](m) {
			selects("NetworkPolicy "+one.Name, &one.Spec.PodSelector)
		}
		for _, one := range of[*corev1.Service](m) {
			selector := metav1.LabelSelector{MatchLabels: map[string]string{}}
			for key, value := range one.Spec.Selector {
				if key != "statefulset.kubernetes.io/pod-name" { // the pods get that one later
					selector.MatchLabels[key] = value
				}
			}
			selects("Service "+one.Name, &selector)
			for _, port := range one.Spec.Ports {
				if !slices.ContainsFunc(all, func(w workload) bool {
					return slices.ContainsFunc(w.containers(), func(c corev1.Container) bool { return hasPort(c, port.TargetPort) })
				}) {
					t.Errorf("%s: Service %s: there is no port %v", m.file, one.Name, port.TargetPort)
				}
			}
		}
	}
}

func hasPort(c corev1.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
	})
}

func TestRolesAreBoundToWhatThereIs(t *testing.T) {
	for _, m := range manifests(t) {
		for _, w := range workloads(m) {
			if account := w.pod.Spec.ServiceAccountName; account != "" && !named[*corev1.ServiceAccount](m, account) {
				t.Errorf("%s: there is no ServiceAccount %s", m.file, account)
			}
			if ptr.Deref(w.pod.Spec.AutomountServiceAccountToken, true) {
				t.Errorf("%s: every container of %s has a token", m.file, w.name)
			}
			for _, volume := range w.pod.Spec.Volumes {
				if volume.ConfigMap != nil && !named[*corev1.ConfigMap](m, volume.ConfigMap.Name) {
					t.Errorf("%s: there is no ConfigMap %s", m.file, volume.ConfigMap.Name)
				}
			}
			for _, c := range w.containers() {
				for _, mount := range c.VolumeMounts {
					if !slices.ContainsFunc(w.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
						t.Errorf("%s: there is no volume %s", m.file, mount.Name)
					}
				}
			}
		}
		for _, binding := range of[*rbacv1.RoleBinding](m) {
			if !named[*rbacv1.Role](m, binding.RoleRef.Name) || binding.RoleRef.Kind != "Role" {
				t.Errorf("%s: there is no Role %s", m.file, binding.RoleRef.Name)
			}
			for _, subject := range binding.Subjects {
				if !named[*corev1.ServiceAccount](m, subject.Name) || subject.Kind != "ServiceAccount" {
					t.Errorf("%s: there is no ServiceAccount %s", m.file, subject.Name)
				}
			}
		}
		for _, role := range of[*rbacv1.Role](m) {
			for _, rule := range role.Rules {
				if len(rule.ResourceNames) == 0 || slices.Contains(rule.Verbs, "*") {
					t.Errorf("%s: Role %s may do more than it has to: %v", m.file, role.Name, rule)
				}
				for _, name := range rule.ResourceNames {
					if !named[*corev1.Service](m, name) {
						t.Errorf("%s: there is no Service %s", m.file, name)
					}
				}
			}
		}
	}
}

func TestContainersAreConfined(t *testing.T) {
	for _, m := range manifests(t) {
		for _, w := range workloads(m) {
			pod := w.pod.Spec.SecurityContext
			if pod == nil || !ptr.Deref(pod.RunAsNonRoot, false) || ptr.Deref(pod.RunAsUser, 0) == 0 ||
				pod.SeccompProfile == nil || pod.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: %s: %v", m.file, w.name, pod)
			}
			for _, c := range w.containers() {
				s := c.SecurityContext
				if s == nil || ptr.Deref(s.AllowPrivilegeEscalation, true) || !ptr.Deref(s.ReadOnlyRootFilesystem, false) ||
					s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") || len(s.Capabilities.Add) > 0 {
					t.Errorf("%s: %s: %v", m.file, c.Name, s)
				}
				if c.Resources.Limits.Memory().IsZero() || !c.Resources.Limits.Cpu().IsZero() {
					t.Errorf("%s: %s: wants a limit of memory, and none of CPU, by which leaders lose their leases: %v", m.file, c.Name, c.Resources.Limits)
				}
				if _, tag, _ := strings.Cut(c.Image, ":"); tag == "" || tag == "latest" {
					t.Errorf("%s: %s: image %s has no version", m.file, c.Name, c.Image)
				}
			}
		}
	}
}

func TestProbesCanSucceedForFollowers(t *testing.T) {
	for _, m := range manifests(t) {
		for _, w := range workloads(m) {
			for _, c := range w.containers() {
				if c.LivenessProbe == nil || c.ReadinessProbe == nil {
					t.Errorf("%s: %s is not probed", m.file, c.Name)
					continue
				}
				for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
					if probe == nil {
						continue
					}
					get := probe.HTTPGet
					if get == nil || !hasPort(c, get.Port) || get.Path == "/leader" || get.Host != "" {
						t.Errorf("%s: %s: probe %v", m.file, c.Name, probe)
					}
				}
			}
		}
	}
}

// Whoever is killed at the end of the grace period leaves the lease to expire.
func TestThereIsTimeToGiveTheLeaseBack(t *testing.T) {
	const drainTimeout = 30 * time.Second // of the library
	for _, m := range manifests(t) {
		for _, w := range workloads(m) {
			period := time.Duration(ptr.Deref(w.pod.Spec.TerminationGracePeriodSeconds, 30)) * time.Second
			for _, c := range w.pod.Spec.InitContainers {
				if ptr.Deref(c.RestartPolicy, "") != corev1.ContainerRestartPolicyAlways {
					t.Errorf("%s: %s is no sidecar, and would never let the others begin", m.file, c.Name)
				}
				at := slices.Index(c.Args, "--grace")
				grace, err := time.ParseDuration(c.Args[at+1])
				if at < 0 || err != nil || period < drainTimeout+grace+10*time.Second { // 10 s is what leader run may take beyond it
					t.Errorf("%s: %s: grace %v of %v, %v", m.file, c.Name, grace, period, err)
				}
			}
			if period <= drainTimeout {
				t.Errorf("%s: %s has %v to end, and the library waits for %v", m.file, w.name, period, drainTimeout)
			}
		}
	}
}
