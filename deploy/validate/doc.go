// Package validate has tests of what deployments are made of: the manifests for Kubernetes,
// the units of systemd, the Dockerfile. It is a module of its own, so that users of the
// library don't inherit what that takes.
package validate
