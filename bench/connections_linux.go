package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// connectionsOf counts the established connections that these processes have to that
// address, as the kernel knows them: the same way for every store.
func connectionsOf(pids []int, address string) (int, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return 0, err
	}
	sockets, err := socketsTo(number)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, pid := range pids {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			return 0, err
		}
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && sockets[target] {
				total++
			}
		}
	}
	return total, nil
}

// socketsTo reads /proc/net/tcp: sl local remote state … inode.
func socketsTo(port int) (map[string]bool, error) {
	file, err := os.Open("/proc/net/tcp")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	const established = "01"
	sockets := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[2], fmt.Sprintf(":%04X", port)) && fields[3] == established {
			sockets["socket:["+fields[9]+"]"] = true
		}
	}
	return sockets, nil
}
