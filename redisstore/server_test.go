package redisstore_test

import (
	"net"
	"strings"
)

func split(addr string) (host, port string) {
	host, port, _ = net.SplitHostPort(addr)
	return host, port
}

// infoHas reports whether a section of INFO has the line.
func (t *trial) infoHas(section, line string) bool {
	return strings.Contains(t.admin.Info(t.Context(), section).Val(), line+"\r\n")
}
