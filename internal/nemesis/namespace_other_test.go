//go:build darwin

package nemesis

import "errors"

const inNamespace = "NEMESIS_NAMESPACE"

func enterNamespace() {}

func losesPackets() error { return errors.New("network namespaces are Linux's") }

func prepareNamespace() error { return nil }
