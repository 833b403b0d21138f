package miniserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2/server"
)

// answer is called before every command, also for those that a script issues:
// then miniredis' lock is held, and nothing here may wait for it. It returns true
// if it has answered the command.
func (l *life) answer(s *Server, peer *server.Peer, command string, args []string) bool {
	l.mu.Lock()
	l.calls[command]++
	l.mu.Unlock()
	if command != "INFO" {
		return false
	}
	if s.faults.refusesInfo() {
		peer.WriteError("NOPERM this user has no permissions to run the 'info' command")
		return true
	}
	if s.faults.masksInfo() {
		peer.WriteBulk(section("Server", "redis_version:7.0.15", "redis_mode:standalone"))
		return true
	}
	peer.WriteBulk(l.info(args))
	return true
}

// forgetCalls leaves out of the statistics what starting the server took.
func (l *life) forgetCalls() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.calls)
}

// info answers INFO. Sections that it doesn't know are empty, as in Redis.
func (l *life) info(names []string) string {
	if len(names) == 0 {
		names = []string{"default"}
	}
	var sections []string
	for _, name := range names {
		switch strings.ToLower(name) {
		case "default":
			sections = append(sections, l.serverSection(), l.replicationSection())
		case "all", "everything":
			sections = append(sections, l.serverSection(), l.replicationSection(), l.commandStatsSection())
		case "server":
			sections = append(sections, l.serverSection())
		case "replication":
			sections = append(sections, l.replicationSection())
		case "commandstats":
			sections = append(sections, l.commandStatsSection())
		}
	}
	return strings.Join(sections, "\r\n")
}

func (l *life) serverSection() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return section("Server",
		"redis_version:7.0.15",
		"redis_mode:standalone",
		"run_id:"+l.runID,
		// Redis takes the difference of two clock readings in whole seconds: the
		// first second may be over after a millisecond.
		fmt.Sprintf("uptime_in_seconds:%d", time.Now().Unix()-l.began.Unix()),
	)
}

func (l *life) replicationSection() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	formerID := strings.Repeat("0", len(l.replID))
	if l.promoted {
		formerID = strings.Repeat("f", len(l.replID))
	}
	return section("Replication",
		"role:master",
		"connected_slaves:0",
		"master_replid:"+l.replID,
		"master_replid2:"+formerID,
	)
}

func (l *life) commandStatsSection() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := make([]string, 0, len(l.calls))
	for _, command := range slices.Sorted(maps.Keys(l.calls)) {
		lines = append(lines, fmt.Sprintf("cmdstat_%s:calls=%d,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0",
			strings.ToLower(command), l.calls[command]))
	}
	return section("Commandstats", lines...)
}

func section(title string, lines ...string) string {
	return "# " + title + "\r\n" + strings.Join(append(lines, ""), "\r\n")
}
