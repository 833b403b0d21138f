//go:build linux || darwin

package latewriter

import (
	"os"
	"testing"
	"time"

	"example.com/leaderelection/internal/belief"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
	"github.com/redis/go-redis/v9"
)

// patience is for what must happen, but at no certain moment.
const patience = 30 * time.Second

// Play has two candidates lead one after the other. Each is this test binary,
// with the arguments given; they must end up in Run. Late is paused between its
// check and its write, for as long as it takes Next to be elected and to write.
func Play(t *testing.T, server *redistest.Server, arguments ...string) Outcome {
	t.Helper()
	p := &play{T: t, client: server.Client(t)}
	settings := contender.Settings{
		URL: server.URL(), Key: "latewriter",
		TTL: 2 * time.Second, Heartbeat: 600 * time.Millisecond, Retry: 400 * time.Millisecond,
	}
	processes := make(map[string]*contender.Process)
	for _, name := range []string{"a", "b"} {
		settings.ID = name
		process, err := contender.Start(name, append([]string{os.Args[0]}, arguments...), settings, &p.history)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			process.Close()
			if t.Failed() {
				t.Logf("%s logged:\n%s", name, process.Log())
			}
		})
		processes[name] = process
	}

	// Given a leader that has just checked that it is, and is paused there
	late := p.await("a leader", hasChecked, "a", "b")
	processes[late.process].Freeze()
	next := p.await("the next leader", hasChecked, other(late.process))
	for _, leader := range []told{late, next} {
		if !leader.Leads {
			t.Errorf("%s did not lead when it checked", leader.process)
		}
	}
	if late.Term >= next.Term {
		t.Errorf("term %d was followed by %d", late.Term, next.Term)
	}

	// When the next leader has written, and it goes on
	written := p.write(next)
	processes[late.process].Thaw()
	return Outcome{Late: p.write(late), Next: written}
}

func other(name string) string {
	if name == "a" {
		return "b"
	}
	return "a"
}

type play struct {
	*testing.T
	client  *redis.Client
	history belief.History
}

// told is what a process has told.
type told struct {
	belief.Record
	process string
}

// await waits until one of the processes tells one of these things, and returns it.
func (p *play) await(what string, like func(belief.Record) bool, processes ...string) told {
	p.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
		for _, process := range processes {
			for _, record := range p.history.Records(process, belief.Event) {
				if like(record) {
					return told{record, process}
				}
			}
		}
	}
	p.Fatalf("waited %v for %s, in vain", patience, what)
	return told{}
}

func hasChecked(record belief.Record) bool { return record.What == checked }

// write permits the leader to write, and returns what came of that.
func (p *play) write(leader told) Writer {
	p.Helper()
	if err := p.client.RPush(p.Context(), gate(leader.process), "go").Err(); err != nil {
		p.Fatal(err)
	}
	answer := p.await("what came of the write of "+leader.process, func(record belief.Record) bool {
		return record.What != checked && record.Term == leader.Term
	}, leader.process)
	return Writer{Name: leader.process, Term: leader.Term, Refused: answer.What == refused, Err: answer.Err}
}
