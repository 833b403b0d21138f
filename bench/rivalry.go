package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
)

// rivalry is an election with many candidates: the first one is a process of its own,
// so that it can be killed; the others share a few.
type rivalry struct {
	*task
	store *redisStore
	cast  *cast
	n     int
	usual float64 // requests per second, when nothing happens
}

// rivalProcesses share the candidates but the first.
const rivalProcesses = 4

// newRivalry has each process reach Redis by an address of its own: to one, there are
// not enough ports for so many connections together with those that they replace.
func (t *task) newRivalry(s *scope, n int) (*rivalry, error) {
	room, err := openFiles()
	if err != nil {
		return nil, err
	}
	addresses := make([]string, 1+rivalProcesses)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("127.0.0.%d", 1+i)
	}
	st := startRedis(s, redistest.WithConfig("maxclients", strconv.Itoa(room-redisFiles)), redistest.WithConfig("bind", addresses...))
	_, port, err := net.SplitHostPort(st.addr())
	if err != nil {
		return nil, err
	}
	address := func(member int) string { return net.JoinHostPort(addresses[member], port) }
	r := &rivalry{task: t, store: st, cast: newCast(s, t.peer, t.timing, address), n: n}
	r.cast.role = func(member int) []string {
		if member == 0 {
			return []string{roleRivals, t.peer.name, "1", "1"}
		}
		count := r.shareOf(n-1, member-1)
		clients := r.shareOf(min(n, (room-spareFiles)/filesOfClient)-1, member-1)
		return []string{roleRivals, t.peer.name, strconv.Itoa(count), strconv.Itoa(clients)}
	}
	return r, nil
}

const (
	redisFiles    = 32   // what a redis-server keeps for itself
	spareFiles    = 1000 // connections that are replaced overlap for a while
	filesOfClient = 2    // a connection for requests, and one that is subscribed
)

// openFiles is how many a process may have open: Redis needs one for each connection.
func openFiles() (int, error) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return int(min(limit.Max, 1<<20)), err
}

// processes are as many as there are candidates for.
func (r *rivalry) processes() int { return 1 + min(r.n-1, rivalProcesses) }

// shareOf is how many of all are the ith process's.
func (r *rivalry) shareOf(all, i int) int {
	shares := r.processes() - 1
	return all*(i+1)/shares - all*i/shares
}

// reached is when somebody was elected.
type reached struct {
	process *contender.Process
	at      time.Duration
}

// elections are those after a moment, in their order.
func (r *rivalry) elections(after time.Duration) []reached {
	var all []reached
	for _, member := range r.cast.members {
		for _, record := range r.cast.history.Records(member.Name, belief.Event) {
			if record.What == eventElected && record.At > after {
				all = append(all, reached{member, record.At})
			}
		}
	}
	slices.SortFunc(all, func(a, b reached) int { return int(a.at - b.at) })
	return all
}

// next waits for the first election after a moment.
func (r *rivalry) next(after time.Duration) (reached, error) {
	var found []reached
	err := await("a leader", r.cast.limit(), func() bool {
		found = r.elections(after)
		return len(found) > 0
	})
	if err != nil {
		return reached{}, errors.Join(err, r.cast.desertion())
	}
	return found[0], nil
}

// leader is who was elected last.
func (r *rivalry) leader() *contender.Process {
	all := r.elections(0)
	if len(all) == 0 {
		return r.cast.members[0] // who led last was killed
	}
	return all[len(all)-1].process
}

// rest is until all have found their place, at a random moment of a follower's period.
func (r *rivalry) rest() { time.Sleep(r.timing.heartbeat + rand.N(r.timing.retry)) }
