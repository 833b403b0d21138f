//go:build linux || darwin

package postgrestest

import (
	"context"
	"database/sql"
	"os"
	"testing"

	"example.com/leaderelection/fence/internal/latewriter"
	"example.com/leaderelection/internal/contender"
	"example.com/leaderelection/internal/redistest"
)

// runCandidate is what the candidate processes do; the arguments say how they
// write, under what name, and to which server.
func runCandidate(settings contender.Settings) error {
	how, resource, url := os.Args[1], os.Args[2], os.Args[3]
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return latewriter.Run(settings, func(ctx context.Context, name string) error {
		if how == "unfenced" {
			return note(ctx, db, resource, name)
		}
		return noteInTx(ctx, db, resource, name)
	})
}

func TestFenceRefusesALateWriteToPostgreSQL(t *testing.T) {
	outcome := latewriter.Play(t, redistest.Start(t), "fenced", t.Name(), server.URL())
	outcome.ExpectRefused(t)
	db := open(t)
	expectAuthor(t, db, t.Name(), outcome.Next.Name)
	var highest int64
	must(t, db.QueryRow(`SELECT term FROM app."order" WHERE resource = $1`, t.Name()).Scan(&highest))
	if highest != outcome.Next.Term {
		t.Errorf("the fence has seen term %d, want %d", highest, outcome.Next.Term)
	}
}

// What the fence is for.
func TestWithoutAFenceALateWriteToPostgreSQLGoesThrough(t *testing.T) {
	outcome := latewriter.Play(t, redistest.Start(t), "unfenced", t.Name(), server.URL())
	outcome.ExpectTaken(t)
	expectAuthor(t, open(t), t.Name(), outcome.Late.Name)
}
