package main

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// machine is what the figures were measured on.
type machine struct {
	OS     string `json:"os"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Go     string `json:"go"`
	Redis  string `json:"redis"`
	Load   string `json:"load"` // when it began
}

// compared are the modules whose versions the report states.
var compared = []string{
	"github.com/redis/go-redis/v9", "github.com/redis/rueidis", "github.com/bsm/redislock",
	"github.com/go-redsync/redsync/v4", "k8s.io/client-go", "go.etcd.io/etcd/client/v3", "go.etcd.io/etcd/server/v3",
}

func describe() (machine, map[string]string) {
	m := machine{
		OS:     runtime.GOOS + "/" + runtime.GOARCH,
		CPU:    fieldOf("/proc/cpuinfo", "model name"),
		Cores:  runtime.NumCPU(),
		Memory: fieldOf("/proc/meminfo", "MemTotal"),
		Go:     runtime.Version(),
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.OS += ", kernel " + strings.TrimSpace(string(kernel))
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	if version, err := exec.Command("redis-server", "--version").Output(); err == nil {
		_, rest, _ := strings.Cut(string(version), "v=")
		m.Redis, _, _ = strings.Cut(rest, " ")
	}
	versions := map[string]string{}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if slices.Contains(compared, module.Path) {
				versions[module.Path] = module.Version
			}
		}
	}
	return m, versions
}

// fieldOf finds the first "name : value" in a file of /proc.
func fieldOf(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
